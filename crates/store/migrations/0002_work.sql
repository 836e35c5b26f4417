-- What this node itself knows, wants and has answered: not a mirror of the chain.

-- The files that this node holds the bytes of.
CREATE TABLE files (
    id BYTEA NOT NULL PRIMARY KEY,
    commitment TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    received_from BYTEA,
    at BIGINT NOT NULL
);
CREATE INDEX files_at ON files (at, id);

-- state and wake are copies of what the journal folds to, kept so that trades can be found by them.
CREATE TABLE trades (
    id BYTEA NOT NULL PRIMARY KEY,
    deal TEXT NOT NULL,
    us TEXT NOT NULL,
    proposer TEXT NOT NULL,
    counterparty BYTEA NOT NULL,
    file TEXT,
    state TEXT NOT NULL,
    wake BIGINT,
    created BIGINT NOT NULL
);
CREATE INDEX trades_created ON trades (created, id);
CREATE INDEX trades_counterparty ON trades (counterparty, state);
CREATE INDEX trades_state ON trades (state, created, id);
CREATE INDEX trades_wake ON trades (wake) WHERE wake IS NOT NULL;

-- All that happened to a trade, in the order in which it was taken in. An entry with a block goes when the
-- block goes; a log has a transaction and an index too, the passing of a deadline has not.
CREATE TABLE journal (
    trade BYTEA NOT NULL REFERENCES trades (id),
    seq BIGINT NOT NULL,
    input TEXT NOT NULL,
    now BIGINT NOT NULL,
    as_of BIGINT NOT NULL,
    at BIGINT NOT NULL,
    block_number BIGINT,
    block_hash BYTEA,
    transaction_hash BYTEA,
    log_index BIGINT,
    PRIMARY KEY (trade, seq)
);
CREATE INDEX journal_block ON journal (block_number) WHERE block_number IS NOT NULL;

CREATE TABLE outbox (
    key TEXT NOT NULL PRIMARY KEY,
    action TEXT NOT NULL,
    lane TEXT NOT NULL,
    subject BYTEA,
    cause_block BIGINT,
    after_key TEXT,
    expires_at BIGINT,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    last_error TEXT,
    created_at BIGINT NOT NULL
);
-- Work that is waiting is few rows however long the history is.
CREATE INDEX outbox_queued ON outbox (lane, next_at, created_at, key) WHERE state = 'queued';
CREATE INDEX outbox_transactions ON outbox (created_at, key) WHERE lane = 'chain';
CREATE INDEX outbox_subject ON outbox (subject, created_at) WHERE subject IS NOT NULL;

-- since is the block that was the newest one when raw was signed.
CREATE TABLE transactions (
    key TEXT NOT NULL REFERENCES outbox (key),
    signer BYTEA NOT NULL,
    nonce BIGINT NOT NULL,
    raw BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    since BIGINT NOT NULL,
    block_number BIGINT,
    block_hash BYTEA,
    success BIGINT,
    PRIMARY KEY (signer, nonce)
);
CREATE INDEX transactions_key ON transactions (key);
CREATE UNIQUE INDEX transactions_hash ON transactions (hash);
CREATE INDEX transactions_unmined ON transactions (signer, nonce) WHERE block_number IS NULL;
CREATE INDEX transactions_block ON transactions (block_number) WHERE block_number IS NOT NULL;

-- What a transaction was called before it was signed again with higher fees: any of them may be mined.
CREATE TABLE replaced (
    hash BYTEA NOT NULL PRIMARY KEY,
    signer BYTEA NOT NULL,
    nonce BIGINT NOT NULL,
    raw BYTEA NOT NULL
);
CREATE INDEX replaced_nonce ON replaced (signer, nonce);

-- What the API has answered under an idempotency key.
CREATE TABLE requests (
    key TEXT NOT NULL PRIMARY KEY,
    digest BYTEA NOT NULL,
    answer_id TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX requests_at ON requests (at);

-- What this node tells its applications, in one order. A row is one event, and names what it is about: a log of the
-- chain by its place, something this node does by its key in the outbox. A number is never given twice: what a reorg
-- takes back keeps its row, which says nothing any more.
CREATE TABLE feed (
    sequence BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    block_number BIGINT,
    log_index BIGINT,
    key TEXT,
    at BIGINT NOT NULL
);
CREATE INDEX feed_block ON feed (block_number) WHERE block_number IS NOT NULL;

-- The first block of which the feed does not tell yet what the chain says.
CREATE TABLE feed_mark (next_block BIGINT NOT NULL);
INSERT INTO feed_mark (next_block) VALUES (0);

-- Who wants to be told what, and up to where they were. The filter and the options are JSON.
CREATE TABLE subscriptions (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    filter TEXT NOT NULL,
    options TEXT NOT NULL,
    position BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX subscriptions_name ON subscriptions (name);
CREATE INDEX subscriptions_created ON subscriptions (created_at, id);

-- The tokens that this node works with besides those of its deployment. What is made by the factory for this node has a
-- token once that is in the chain, and is asked for in the outbox under the pool's id. next_block is the first block of
-- which the token's logs are not taken in yet, while they are not taken in with all others (active). A pool without a
-- name was given up: its token is followed no more, and can be given a name again. Balances of an irregular token do not
-- follow from its logs.
CREATE TABLE pools (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT,
    kind TEXT NOT NULL,
    symbol TEXT NOT NULL,
    decimals BIGINT,
    token BYTEA,
    ordered BIGINT NOT NULL,
    made_block BIGINT,
    next_block BIGINT,
    active BIGINT NOT NULL,
    irregular BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX pools_name ON pools (name);
CREATE UNIQUE INDEX pools_token ON pools (token);
CREATE INDEX pools_made ON pools (made_block) WHERE made_block IS NOT NULL;
