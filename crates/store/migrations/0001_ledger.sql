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

-- How much of one class of units somebody has.
CREATE TABLE units (
    token BYTEA NOT NULL,
    token_id BYTEA NOT NULL,
    holder BYTEA NOT NULL,
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    balance BYTEA NOT NULL,
    PRIMARY KEY (token, token_id, holder, block_number, log_index)
);
CREATE INDEX units_block ON units (block_number);
CREATE INDEX units_holder ON units (holder, token, token_id);

-- What owners let others move. The scope is amount (of the class token_id, or of the money whose id is zero), deed
-- (that one, value 1) or all (value 1); a value of zero takes it back. Tokens do not say when an allowance is used, so
-- an amount is what was last approved, and what is left of it only the chain knows.
CREATE TABLE approvals (
    token BYTEA NOT NULL,
    owner BYTEA NOT NULL,
    spender BYTEA NOT NULL,
    scope TEXT NOT NULL,
    token_id BYTEA NOT NULL,
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    value BYTEA NOT NULL,
    PRIMARY KEY (owner, token, spender, scope, token_id, block_number, log_index)
);
CREATE INDEX approvals_block ON approvals (block_number);
CREATE INDEX approvals_deed ON approvals (token, token_id, block_number, log_index) WHERE scope = 'deed';

-- Deals of every kind, an event each. Terms are on the row that opened the deal, and only there; an order's are never
-- published. Missing is how many must still put something in or accept before the deal is armed.
CREATE TABLE deals (
    id BYTEA NOT NULL,
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    block_hash BYTEA NOT NULL,
    timestamp BIGINT NOT NULL,
    transaction_hash BYTEA NOT NULL,
    kind TEXT NOT NULL,
    first BIGINT NOT NULL,
    event TEXT NOT NULL,
    status TEXT NOT NULL,
    missing BIGINT NOT NULL,
    terms TEXT,
    particulars TEXT NOT NULL,
    PRIMARY KEY (id, block_number, log_index)
);
CREATE INDEX deals_block ON deals (block_number);
CREATE INDEX deals_first ON deals (block_number, log_index) WHERE first = 1;
CREATE INDEX deals_kind ON deals (kind, block_number, log_index) WHERE first = 1;

-- Whose deal it is, from the event on that first said so.
CREATE TABLE deal_parties (
    party BYTEA NOT NULL,
    deal BYTEA NOT NULL,
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    PRIMARY KEY (party, deal)
);
CREATE INDEX deal_parties_block ON deal_parties (block_number);
CREATE INDEX deal_parties_party ON deal_parties (party, block_number, log_index);

-- The orders that are known, by what ends them.
CREATE TABLE order_nonces (
    maker BYTEA NOT NULL,
    nonce BYTEA NOT NULL,
    deal BYTEA NOT NULL,
    block_number BIGINT NOT NULL,
    PRIMARY KEY (maker, nonce, deal)
);
CREATE INDEX order_nonces_block ON order_nonces (block_number);

-- What a contract could not pay out and keeps: all that it owes a payee of an asset.
CREATE TABLE credits (
    payee BYTEA NOT NULL,
    contract BYTEA NOT NULL,
    asset BYTEA NOT NULL,
    token_id BYTEA NOT NULL,
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    deal BYTEA,
    owed BYTEA NOT NULL,
    PRIMARY KEY (payee, contract, asset, token_id, block_number, log_index)
);
CREATE INDEX credits_block ON credits (block_number);

-- The members of councils, by the number of each set of them.
CREATE TABLE electorates (
    council BYTEA NOT NULL,
    epoch BIGINT NOT NULL,
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    threshold BIGINT NOT NULL,
    members TEXT NOT NULL,
    PRIMARY KEY (council, epoch, block_number, log_index)
);
CREATE INDEX electorates_block ON electorates (block_number);

-- Proposals, an event each. Terms are on the row that opened the proposal; a vote's seats and weight are its
-- particulars.
CREATE TABLE proposals (
    id BYTEA NOT NULL,
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    block_hash BYTEA NOT NULL,
    timestamp BIGINT NOT NULL,
    transaction_hash BYTEA NOT NULL,
    council BYTEA NOT NULL,
    event TEXT NOT NULL,
    status TEXT NOT NULL,
    terms TEXT,
    particulars TEXT NOT NULL,
    PRIMARY KEY (id, block_number, log_index)
);
CREATE INDEX proposals_block ON proposals (block_number, log_index);

-- The order of private messages. Contexts stand one after the other, 32 bytes each.
CREATE TABLE pins (
    block_number BIGINT NOT NULL,
    log_index BIGINT NOT NULL,
    block_hash BYTEA NOT NULL,
    timestamp BIGINT NOT NULL,
    transaction_hash BYTEA NOT NULL,
    author BYTEA NOT NULL,
    action TEXT NOT NULL,
    uuids BYTEA NOT NULL,
    batch_hash BYTEA NOT NULL,
    payload_ref TEXT NOT NULL,
    contexts BYTEA NOT NULL,
    PRIMARY KEY (block_number, log_index)
);
CREATE INDEX pins_author ON pins (author, block_number, log_index);
