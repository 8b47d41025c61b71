// The reference implementation behind a line of JSON a question: {"hash": data}, {"verify": [address, sig, data]},
// {"sign": [method, key, message]}, {"send": [hub, method, key, message]}, {"tally": [system, choices, votes]}. One line
// of JSON answers each.
'use strict';

const snapshot = require('@snapshot-labs/snapshot.js');
const { Wallet } = require('@ethersproject/wallet');
const readline = require('node:readline');

const { getHash, verify, voting } = snapshot.utils ?? snapshot.default.utils;
const Client = snapshot.Client712 ?? snapshot.default.Client712;

const answers = {
  hash: (data) => getHash(data),
  // Without an endpoint, whatever is not the signature of a key fails.
  verify: ([address, sig, data]) =>
    verify(address, sig, data, '1', { broviderUrl: 'http://127.0.0.1:9' }).catch(() => false),
  sign: async ([method, key, message]) => {
    const wallet = new Wallet(key);
    const client = new Client('http://127.0.0.1:9');
    client.send = async (envelope) => envelope;
    return client[method](wallet, wallet.address, message);
  },
  // To a hub, in the client's own way; its answer, also one that refuses.
  send: ([hub, method, key, message]) => {
    const wallet = new Wallet(key);
    return new Client(hub)[method](wallet, wallet.address, message).catch((refusal) => refusal);
  },
  tally: ([system, choices, votes]) => {
    const strategies = (votes[0] ?? { scores: [0] }).scores.map(() => ({ name: 'ticket', network: '1', params: {} }));
    const count = new voting[system]({ choices }, votes, strategies, []);
    return {
      scores: count.getScores(),
      by_strategy: count.getScoresByStrategy(),
      total: count.getScoresTotal(),
      valid: count.getValidVotes().length,
    };
  },
};

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [[name, question]] = Object.entries(JSON.parse(line));
    console.log(JSON.stringify(await answers[name](question)));
  }
})();
