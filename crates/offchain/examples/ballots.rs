//! Measures a vote of many ballots: verified and counted, and counted alone beside the reference in JavaScript.
//!
//! `cargo run --release --package btrst-offchain --example ballots -- verify 1000000`
//! `cargo run --release --package btrst-offchain --example ballots -- tally 1000000`
//!
//! Each is a process of its own, because the peak of its memory is measured as well.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a measurement, which ends with its first problem"
)]

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use alloy::primitives::{Address, B256, U256, keccak256};
use btrst_offchain::Envelope;
use btrst_offchain::message::{Content, Message, SignedChoice, Vote};
use btrst_offchain::tally::{Ballot, BallotBox, Choice, Power, System, Tally};
use rayon::prelude::*;
use secp256k1::{PublicKey, SECP256K1, SecretKey};
use serde_json::{Value, json};

/// Ballots that are read at a time.
const PIECE: usize = 16_384;

/// Choices of each vote.
const CHOICES: usize = 5;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let count = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let folder = std::env::temp_dir().join(format!("btrst-ballots-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    match what.as_str() {
        // A process of its own signs, whose memory is none of ours.
        "sign" => sign(Path::new(&arguments.next().unwrap()), count),
        "verify" => verify(&folder.join("ballots.jsonl"), count),
        "tally" => {
            System::ALL.into_iter().for_each(|system| tally(&folder.join("ballots.txt"), system, count));
            println!("peak memory {}, with the ballots of a system and their text", peak());
        }
        _ => println!("name `verify` or `tally`, and how many"),
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// The key of voter `number`, and its account.
fn key(number: u64) -> (SecretKey, Address) {
    let secret = SecretKey::from_byte_array(keccak256(number.to_be_bytes()).0).unwrap();
    let public = PublicKey::from_secret_key(SECP256K1, &secret).serialize_uncompressed();
    (secret, Address::from_word(keccak256(&public[1..])))
}

/// Writes `count` signed ballots, one a line.
fn sign(path: &Path, count: u64) {
    let mut output = BufWriter::new(File::create(path).unwrap());
    let numbers: Vec<u64> = (0..count).collect();
    for numbers in numbers.chunks(PIECE) {
        let lines: Vec<String> = numbers.par_iter().map(|number| ballot(*number)).collect();
        lines.iter().for_each(|line| writeln!(output, "{line}").unwrap());
    }
    output.flush().unwrap();
}

fn ballot(number: u64) -> String {
    let (secret, from) = key(number);
    let vote = Vote {
        from,
        space: "usebraintrust.eth".into(),
        timestamp: 1_750_000_000,
        proposal: B256::repeat_byte(7).to_string(),
        choice: SignedChoice::One(u32::try_from(number % 3).unwrap() + 1),
        reason: String::new(),
        app: "btrst".into(),
        metadata: "{}".into(),
    };
    let message = Message::try_from(&vote).unwrap();
    let digest = secp256k1::Message::from_digest(message.digest().0);
    let (recovery, compact) = SECP256K1.sign_ecdsa_recoverable(digest, &secret).serialize_compact();
    let last = 27 + u8::try_from(i32::from(recovery)).unwrap();
    Envelope::new(from, [&compact[..], &[last]].concat().into(), message).to_json().to_string()
}

fn verify(path: &Path, count: u64) {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["sign", &count.to_string(), path.to_str().unwrap()])
        .status()
        .unwrap();
    assert!(status.success());
    let powers: HashMap<Address, Power> =
        (0..count).into_par_iter().map(|number| (key(number).1, power(number))).collect();
    let (started, worked) = (Instant::now(), processor());
    let mut ballots = BallotBox::with_capacity(usize::try_from(count).unwrap());
    let mut lines = BufReader::new(File::open(path).unwrap()).lines().map(Result::unwrap);
    let mut read = || lines.by_ref().take(PIECE).collect::<Vec<String>>();
    let verified = |line: &String| {
        let envelope = Envelope::parse(line.as_bytes()).unwrap();
        envelope.verify_key().unwrap();
        let Content::Vote(vote) = envelope.message().content() else { unreachable!("all are votes") };
        let choice = Choice::of_vote(System::Basic, &vote.choice);
        let power = powers.get(&vote.from).copied().unwrap_or_default();
        Ballot { voter: vote.from, id: envelope.id(), timestamp: vote.timestamp, choice, power }
    };
    let mut piece = read();
    while !piece.is_empty() {
        // The next piece is read while this one is verified.
        let (next, checked) = rayon::join(&mut read, || piece.par_iter().map(verified).collect::<Vec<_>>());
        ballots.extend(checked);
        piece = next;
    }
    let tally = Tally::of(System::Basic, 3, ballots.ballots());
    let (seconds, worked) = (started.elapsed().as_secs_f64(), processor() - worked);
    assert_eq!(tally.ballots as u64, count);
    println!(
        "verify and count: {count} ballots in {seconds:.2} s on {} threads, {worked:.1} s of processors, peak memory {}; \
         scores {:?}",
        rayon::current_num_threads(),
        peak(),
        tally.scores_f64()
    );
}

/// Whole votes of voter `number`, at most a million.
fn power(number: u64) -> Power {
    Power::new(u128::from(noise(number) % 1_000_000) * 10_u128.pow(18))
}

/// An arbitrary number, the same each time.
fn noise(number: u64) -> u64 {
    number
        .wrapping_add(1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(31)
        .wrapping_mul(0xbf58_476d_1ce4_e5b9)
        >> 20
}

/// The choice of voter `number`, in JSON.
fn choice(system: System, number: u64) -> Value {
    let mut order: Vec<u32> = (1..=5).collect();
    let noise = noise(number ^ 0x5555);
    for place in (1..CHOICES).rev() {
        order.swap(place, usize::try_from(noise >> (8 * place)).unwrap_or_default() % (place + 1));
    }
    match system {
        System::SingleChoice | System::Basic => json!(order[0]),
        System::Approval => json!(order[..usize::try_from(noise % 6).unwrap()]),
        System::RankedChoice | System::Copeland => json!(order),
        System::Weighted | System::Quadratic => {
            let weights = order
                .iter()
                .take(3)
                .map(|choice| (choice.to_string(), json!(noise % u64::from(choice + 7) + 1)));
            Value::Object(weights.collect())
        }
    }
}

/// Counts the same ballots twice: here, and by the reference.
fn tally(path: &Path, system: System, count: u64) {
    let mut output = BufWriter::new(File::create(path).unwrap());
    let mut ballots = Vec::with_capacity(usize::try_from(count).unwrap());
    for number in 0..count {
        let (choice, power) = (choice(system, number), power(number));
        writeln!(output, "[{choice},{}]", power.units() / 10_u128.pow(18)).unwrap();
        let word = U256::from(number + 1);
        ballots.push(Ballot {
            voter: Address::from_word(word.into()),
            id: word.into(),
            timestamp: 1_750_000_000,
            choice: Choice::of_json(system, &choice),
            power,
        });
    }
    output.flush().unwrap();
    let started = Instant::now();
    let tally = Tally::of(system, CHOICES, &ballots);
    let ours = started.elapsed().as_secs_f64();
    drop(ballots);

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ballots.cjs");
    let answer = Command::new("node")
        .arg("--max-old-space-size=6000")
        .args([script.to_str().unwrap(), system.word(), &CHOICES.to_string(), path.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    let theirs = answer["seconds"].as_f64().unwrap();
    let whole = tally.total.to_f64();
    for (ours, theirs) in tally.scores_f64().iter().zip(answer["scores"].as_array().unwrap()) {
        let theirs = theirs.as_f64().unwrap();
        assert!((ours - theirs).abs() <= 1e-9 * whole, "{system}: {:?} but {answer}", tally.scores_f64());
    }
    println!(
        "count {system}: {count} ballots in {ours:.3} s, the reference {theirs:.3} s, {:.0} times as long; equal scores",
        theirs / ours
    );
}

/// Seconds for which processors have worked for this process. Beside others, it takes longer than they do.
fn processor() -> f64 {
    let status = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Times in hundredths of a second, the 14th and the 15th field; the name, which may have spaces, ends with `)`.
    let fields = status.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or(" unknown").trim().to_owned()
}
