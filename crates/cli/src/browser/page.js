// Shows what the command asks, has the wallet do it when the button is pressed, and hands the answer back.
"use strict";

const part = (id) => document.getElementById(id);
const TITLES = { connect: "Connect a wallet", send: "Send a transaction", sign: "Sign a message" };
const BUTTONS = { connect: "Connect", send: "Open the wallet to send", sign: "Open the wallet to sign" };
const wallets = new Map();
let now = { look: 0, id: null, begun: false, task: null };
let busy = false;

async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.reason);
  return answer;
}

const say = (text) => { part("state").textContent = text; };

function over() {
  part("go").hidden = true;
  say("The command has ended; the terminal tells how. Reject what the wallet still shows, and close this page.");
}

// Wallets announce themselves (EIP-6963); one that does not is at window.ethereum (EIP-1193).
function announced(name, provider) {
  if ([...wallets.values()].includes(provider)) return;
  const key = String(wallets.size);
  wallets.set(key, provider);
  part("wallets").append(new Option(name, key));
  part("choice").hidden = wallets.size < 2;
  if (!busy) show();
}

window.addEventListener("eip6963:announceProvider", (event) => {
  const { info, provider } = event.detail;
  announced(String(info.name), provider);
});
window.dispatchEvent(new Event("eip6963:requestProvider"));

function wallet() {
  if (wallets.size === 0 && window.ethereum) announced("the browser's", window.ethereum);
  return wallets.get(part("wallets").value);
}

function show() {
  const { task, begun } = now;
  part("title").textContent = task ? TITLES[task.kind] : "btrst";
  part("facts").replaceChildren();
  for (const [name, value] of task ? task.facts : []) {
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    text.textContent = value;
    part("facts").append(term, text);
  }
  const can = task && !begun && wallet();
  part("go").hidden = !can;
  part("go").textContent = task ? BUTTONS[task.kind] : "";
  if (!task) say("Nothing is asked at the moment. The terminal tells how the command goes on.");
  else if (begun) say("The wallet was asked already. If it shows nothing, stop the command and run it again.");
  else if (!can) say("There is no wallet in this browser. Open the address of this page in the one that has it.");
  else say("Compare this with the terminal, then with what the wallet shows.");
}

function refusal(code, message) {
  return Object.assign(new Error(message), { code });
}

const same = (one, other) => String(one).toLowerCase() === String(other).toLowerCase();

async function chosen(provider, chain) {
  const id = async () => BigInt(await provider.request({ method: "eth_chainId" }));
  if ((await id()) === BigInt(chain)) return;
  try {
    await provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId: chain }] });
  } catch {
    // What counts is the chain that it is on.
  }
  const found = await id();
  if (found !== BigInt(chain)) throw refusal("chain", found.toString());
}

async function done(provider, task) {
  if (task.kind === "connect") return provider.request({ method: "eth_requestAccounts" });
  const accounts = await provider.request({ method: "eth_accounts" });
  if (!accounts.some((account) => same(account, task.account))) {
    throw refusal("account", accounts.join(", "));
  }
  if (task.chain) await chosen(provider, task.chain);
  return provider.request(task.request);
}

// What went wrong, in the words of whoever says so.
function reason(error) {
  const { code, message } = error ?? {};
  return { code: String(code ?? ""), message: String(message ?? error).slice(0, 500) };
}

async function go() {
  const { id, task } = now;
  const provider = wallet();
  if (busy || !task || !provider) return;
  busy = true;
  part("go").hidden = true;
  try {
    const { key } = await post("begin", { id });
    say("The wallet is asked …");
    let outcome;
    try {
      outcome = { result: (await done(provider, task)) ?? "" };
    } catch (error) {
      outcome = { error: reason(error) };
    }
    await post("answer", { id, key, ...outcome });
    say(outcome.error ? `Refused: ${outcome.error.message}` : "Done. The terminal tells how the command goes on.");
  } catch (error) {
    // The command can end before it has said that it has the answer.
    if (error instanceof TypeError) over();
    else say(error.message);
  }
  busy = false;
  if (now.task && now.id !== id) show();
}

async function follow() {
  for (;;) {
    let next;
    try {
      next = await post("look", { seen: now.look });
    } catch {
      over();
      return;
    }
    const changed = next.id !== now.id || next.begun !== now.begun;
    now = next;
    // What the page itself has begun is told where it happens.
    if (changed && !busy) show();
  }
}

part("go").addEventListener("click", go);
follow();
