-- One schema for SQLite and PostgreSQL. Column types are TEXT, BIGINT and BYTEA only: SQLite takes any name
-- for a type, so PostgreSQL's names serve both. Numbers of 256 bits are 32 big-endian bytes, which sort the
-- same on both; flags are 0 or 1; JSON is TEXT.
--
-- What mirrors the chain is history: a row says what was so from (block_number, log_index) on, or from the end of its
-- block on. "Now" is the last row, "as of block n" the last row up to n, and a reorg is undone by deleting rows above
-- a block. Each of those tables therefore has an index that begins with block_number.

-- The headers that a reorg may reach back to. The last one is the mirror's checkpoint.
CREATE TABLE blocks (
    number BIGINT NOT NULL PRIMARY KEY,
    hash BYTEA NOT NULL,
    timestamp BIGINT NOT NULL
);

-- Every log of the deployment's contracts, understood or not. Topics stand one after the other, 32 bytes each.
CREATE TABLE events (
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    block_hash BYTEA NOT NULL,
    timestamp BIGINT NOT NULL,
    transaction_hash BYTEA NOT NULL,
    address BYTEA NOT NULL,
    topics BYTEA NOT NULL,
    data BYTEA NOT NULL,
    known BIGINT NOT NULL,
    name TEXT,
    PRIMARY KEY (block_number, log_index)
);
CREATE INDEX events_unknown ON events (block_number) WHERE known = 0;

CREATE TABLE parties (
    address BYTEA NOT NULL,
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    registered BIGINT NOT NULL,
    name TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    tls_key BYTEA NOT NULL,
    PRIMARY KEY (address, block_number, log_index)
);
CREATE INDEX parties_block ON parties (block_number);
CREATE INDEX parties_name ON parties (name);
CREATE INDEX parties_tls_key ON parties (tls_key);

CREATE TABLE documents (
    id BYTEA NOT NULL,
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    block_hash BYTEA NOT NULL,
    timestamp BIGINT NOT NULL,
    transaction_hash BYTEA NOT NULL,
    issuer BYTEA NOT NULL,
    status TEXT NOT NULL,
    commitment TEXT NOT NULL,
    next BYTEA,
    PRIMARY KEY (id, block_number, log_index)
);
CREATE INDEX documents_block ON documents (block_number, log_index);
CREATE INDEX documents_issuer ON documents (issuer, block_number, log_index);

-- Cash and deeds alike; value is an amount or a token id.
CREATE TABLE transfers (
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    block_hash BYTEA NOT NULL,
    timestamp BIGINT NOT NULL,
    transaction_hash BYTEA NOT NULL,
    token BYTEA NOT NULL,
    kind TEXT NOT NULL,
    sender BYTEA NOT NULL,
    receiver BYTEA NOT NULL,
    value BYTEA NOT NULL,
    PRIMARY KEY (block_number, log_index)
);
CREATE INDEX transfers_token ON transfers (token, block_number, log_index);
CREATE INDEX transfers_sender ON transfers (sender, block_number, log_index);
CREATE INDEX transfers_receiver ON transfers (receiver, block_number, log_index);

-- Who has ever had some of a token, with the block of the first time. Rows about what is there go by the short
-- number: the index of a history is most of what a transfer costs.
CREATE TABLE accounts (
    id BIGINT NOT NULL PRIMARY KEY,
    token BYTEA NOT NULL,
    holder BYTEA NOT NULL,
    block_number BIGINT NOT NULL
);
CREATE UNIQUE INDEX accounts_token ON accounts (token, holder);
CREATE INDEX accounts_holder ON accounts (holder, token);
CREATE INDEX accounts_block ON accounts (block_number);

-- What an account has from the end of a block on: a row for each block that changed it.
CREATE TABLE balances (
    account BIGINT NOT NULL,
    block_number BIGINT NOT NULL,
    balance BYTEA NOT NULL,
    PRIMARY KEY (account, block_number)
);
CREATE INDEX balances_block ON balances (block_number);

-- A burnt deed's owner is the zero address.
CREATE TABLE deeds (
    token BYTEA NOT NULL,
    token_id BYTEA NOT NULL,
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    owner BYTEA NOT NULL,
    PRIMARY KEY (token, token_id, block_number, log_index)
);
CREATE INDEX deeds_block ON deeds (block_number);
CREATE INDEX deeds_owner ON deeds (owner, token, token_id);

-- The terms are on the row that opened the settlement, and only there. Legs are how many there are; funded and
-- satisfied have a bit for each leg and each condition.
CREATE TABLE settlements (
    id BYTEA NOT NULL,
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    block_hash BYTEA NOT NULL,
    timestamp BIGINT NOT NULL,
    transaction_hash BYTEA NOT NULL,
    event TEXT NOT NULL,
    status TEXT NOT NULL,
    legs BIGINT NOT NULL,
    funded BIGINT NOT NULL,
    satisfied BIGINT NOT NULL,
    terms TEXT,
    PRIMARY KEY (id, block_number, log_index)
);
CREATE INDEX settlements_block ON settlements (block_number);
