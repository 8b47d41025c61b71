-- Both databases take these types. Ids and accounts are lower-case hexadecimal digits after `0x`, so that every collation
-- orders them like the numbers that they are. Nothing is null.

-- The log: every accepted message, in the order in which it was accepted. Rows are never changed.
CREATE TABLE log (
    position BIGINT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    signature TEXT NOT NULL,
    received BIGINT NOT NULL,
    ipfs TEXT NOT NULL,
    kind TEXT NOT NULL,
    space TEXT NOT NULL,
    created BIGINT NOT NULL,
    receipt TEXT NOT NULL,
    envelope TEXT NOT NULL
);

-- One row: where the log goes on, and whose key signs it. Whoever writes locks it first, so that hubs take turns.
CREATE TABLE head (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    hub TEXT NOT NULL,
    next BIGINT NOT NULL,
    hash TEXT NOT NULL
);

CREATE TABLE proposals (
    id TEXT NOT NULL PRIMARY KEY,
    ipfs TEXT NOT NULL,
    space TEXT NOT NULL,
    author TEXT NOT NULL,
    system TEXT NOT NULL,
    title TEXT NOT NULL,
    created BIGINT NOT NULL,
    begins BIGINT NOT NULL,
    ends BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    canceled BIGINT NOT NULL,
    flagged BIGINT NOT NULL,
    -- Grows with every change, so that a vote is refused that was checked against an older state.
    revision BIGINT NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX proposals_of_space ON proposals (space, created);
CREATE INDEX proposals_of_author ON proposals (author, created);

-- The last vote of each voter; those that were replaced are in the log only.
CREATE TABLE votes (
    proposal TEXT NOT NULL,
    voter TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    ipfs TEXT NOT NULL,
    space TEXT NOT NULL,
    created BIGINT NOT NULL,
    choice TEXT NOT NULL,
    -- In units of 10^-18, and the nearest number of whole votes.
    power TEXT NOT NULL,
    vp DOUBLE PRECISION NOT NULL,
    vp_by_strategy TEXT NOT NULL,
    reason TEXT NOT NULL,
    app TEXT NOT NULL,
    metadata TEXT NOT NULL,
    PRIMARY KEY (proposal, voter)
);
CREATE INDEX votes_by_time ON votes (proposal, created);
CREATE INDEX votes_by_power ON votes (proposal, vp);
CREATE INDEX votes_of_voter ON votes (voter, created);

CREATE TABLE aliases (
    account TEXT NOT NULL,
    alias TEXT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (account, alias)
);
