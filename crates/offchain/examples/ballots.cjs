// Counts ballots with the reference: node ballots.cjs SYSTEM CHOICES FILE, whose lines are [choice, votes].
'use strict';

const fs = require('node:fs');
const readline = require('node:readline');
const snapshot = require('@snapshot-labs/snapshot.js');

const { voting } = snapshot.utils ?? snapshot.default.utils;
const [system, choices, file] = process.argv.slice(2);

(async () => {
  const votes = [];
  for await (const line of readline.createInterface({ input: fs.createReadStream(file) })) {
    const [choice, balance] = JSON.parse(line);
    votes.push({ choice, balance, scores: [balance] });
  }
  const names = Array.from({ length: Number(choices) }, (_, place) => `choice ${place + 1}`);
  const started = process.hrtime.bigint();
  const scores = new voting[system]({ choices: names }, votes, [{ name: 'ticket' }], []).getScores();
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  console.log(JSON.stringify({ scores, seconds }));
})();
