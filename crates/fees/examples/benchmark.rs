//! Measures the fee tools on large inputs: a million invoices, and a hundred thousand events.
//!
//! `cargo run --release --package btrst-fees --example benchmark -- invoices 1000000`
//! `cargo run --release --package btrst-fees --example benchmark -- events 100000`
//!
//! Each is a process of its own, because the peak of its memory is measured as well.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement, which ends with its first problem"
)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use alloy::primitives::{Address, B256, U256, keccak256};
use btrst_fees::invoice::{Batch, Billing, Header, bill};
use btrst_fees::report::{Event, Kind, Report, Store, Subject, page};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let count = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let folder = std::env::temp_dir().join(format!("btrst-benchmark-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    match what.as_str() {
        "invoices" => invoices(&folder, count),
        "events" => events(&folder, count),
        _ => println!("name `invoices` or `events`, and how many"),
    }
    std::fs::remove_dir_all(folder).unwrap();
}

fn invoices(folder: &Path, count: u64) {
    let (file, batch) = (folder.join("invoices.csv"), folder.join("batch.jsonl"));
    let mut output = BufWriter::new(File::create(&file).unwrap());
    writeln!(output, "id,date,node,client,gross_usd,referrer").unwrap();
    let nodes = ["freelance_labs", "hexocean", "snowfork", "accelerated_labs", "muses"];
    for number in 0..count {
        let node = nodes.get((number % 5) as usize).unwrap();
        let day = number % 28 + 1;
        let cents = number * 7_919 % 10_000_000;
        writeln!(
            output,
            "INV-2026-{number:08},2026-01-{day:02},{node},client {},{}.{:02},",
            number % 5_000,
            cents / 100,
            cents % 100
        )
        .unwrap();
    }
    output.flush().unwrap();
    measure("bill", count, || {
        let input = File::open(&file).unwrap();
        let output = BufWriter::new(File::create(&batch).unwrap());
        let Billing::Done(summary) =
            bill(input, output, &Header::new(1, Address::ZERO, 10), 20, |_, _| ()).unwrap()
        else {
            return;
        };
        println!("root {}, {} invoices", summary.root, summary.invoices);
    });
    measure("prove", count, || {
        let proof = Batch::prove(BufReader::new(File::open(&batch).unwrap()), "INV-2026-00000000").unwrap();
        println!("proof of {} hashes", proof.proof.len());
    });
}

fn events(folder: &Path, count: u64) {
    let path = folder.join("store.jsonl");
    let mut output = BufWriter::new(File::create(&path).unwrap());
    let zero = Address::ZERO;
    writeln!(
        output,
        "{{\"mark\":\"opened\",\"schema_version\":1,\"chain_id\":1,\"fee_converter\":\"{zero}\",\"from_block\":0}}"
    )
    .unwrap();
    for number in 0..count {
        let (block, time) = (number * 20, 1_767_225_600 + number * 240);
        let transaction = keccak256(number.to_be_bytes());
        let kind = if number % 2 == 0 {
            let payer = Address::repeat_byte((number % 5) as u8);
            Kind::Deposit { payer, amount: U256::from(number * 1_000_003), reference: transaction }
        } else {
            let usdc_in = U256::from(number * 999_983);
            let btrst_out = usdc_in * U256::from(1_980_000_000_000_u64);
            Kind::Conversion { caller: zero, usdc_in, btrst_out, floor: btrst_out, mean_tick: -283_256 }
        };
        serde_json::to_writer(&mut output, &Event { block, log: 0, time, transaction, kind }).unwrap();
        writeln!(output).unwrap();
    }
    let hash = B256::ZERO;
    writeln!(output, "{{\"mark\":\"scanned\",\"block\":{},\"hash\":\"{hash}\"}}", count * 20).unwrap();
    output.flush().unwrap();
    drop(output);
    measure("read the store, add up, write the page", count, || {
        let store = Store::open(&path, 1, zero, 0).unwrap();
        let subject = Subject {
            chain_id: 1,
            fee_converter: zero,
            block: store.last_block().unwrap(),
            btrst_is_token0: true,
            names: BTreeMap::new(),
            batches: Vec::new(),
        };
        let report = Report::of(store.events(), &subject).unwrap();
        let page = page(&report, store.events()).unwrap();
        println!(
            "{} events, {} days, a page of {} bytes",
            store.events().len(),
            report.days.len(),
            page.len()
        );
    });
}

/// Prints how long `work` took, and the most memory that this process had until then.
fn measure(what: &str, count: u64, work: impl FnOnce()) {
    let started = Instant::now();
    work();
    let seconds = started.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or(" unknown").trim();
    println!("{what}: {count} in {seconds:.2} s, peak memory {peak}");
}
