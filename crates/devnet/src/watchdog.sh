# Runs the command in the arguments for as long as standard input stays open.
#
# Standard input is a pipe whose only other end the starting process holds. However that process ends,
# the kernel closes its end, and the command is killed. Nothing else tells a child of a SIGKILL of its
# parent without unsafe code. The first line of the output names its process id.
exec 3<&0 </dev/null
"$@" 3<&- &
command=$!
echo "process $command"
{
    read -r _ <&3
    kill -KILL "$command"
} >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait "$command"
status=$?
kill -KILL "$watch" 2>/dev/null
exit "$status"
