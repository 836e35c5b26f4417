// An application of FireFly's, written with its own SDK and for no other server: mints, moves, burns and allows tokens
// and reads what became of it. Ends with 0 if everything was as such an application expects.
//
// usage: node app.js ALICE-URL BOB-URL DOCUMENT-ID
"use strict";
const assert = require("node:assert/strict");
const sdk = require("@hyperledger/firefly-sdk");

const FireFly = sdk.default;
const [, , aliceUrl, bobUrl, document] = process.argv;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const confirm = { confirm: true };

// In this deployment Bob issues the money, and Alice the deeds of her documents.
async function main() {
  const alice = new FireFly({ host: aliceUrl, namespace: "default" });
  const bob = new FireFly({ host: bobUrl, namespace: "default" });
  const keys = { alice: await key(alice, "alice"), bob: await key(bob, "bob") };
  const pools = await findPools(alice);
  const told = await listen(bob);
  await money(bob, alice, pools, [keys.bob, keys.alice]);
  await heard(bob, told, pools);
  await deeds(alice, bob, pools, keys);
  await ownPool(alice, bob, keys);
  await refusals(alice, pools);
}

/** Who runs a node. */
async function key(node, name) {
  const status = await node.getStatus();
  assert.equal(status.namespace.name, "default");
  assert.equal(status.org.name, name);
  assert.equal(status.org.registered, true);
  assert.equal(status.multiparty.enabled, false);
  return status.org.verifiers[0].value;
}

async function findPools(node) {
  const [cash, deed] = await node.getTokenPools();
  for (const [pool, type] of [[cash, "fungible"], [deed, "nonfungible"]]) {
    assert.match(pool.id, UUID);
    assert.equal(pool.type, type);
    assert.equal(pool.active, true);
    assert.deepEqual(await node.getTokenPool(pool.name), pool);
    assert.deepEqual(await node.getTokenPool(pool.id), pool);
  }
  assert.deepEqual(await node.getTokenPools({ name: "deed" }), [deed]);
  await assert.rejects(node.getTokenPools({ symbol: "X" }), /symbol/);
  assert.equal(await node.getTokenPool("gold"), undefined);
  return { cash, deed };
}

async function balance(node, pool, who) {
  const rows = await node.getTokenBalances({ pool: pool.id, key: who });
  return BigInt(rows.length ? rows[0].balance : 0);
}

async function money(us, them, { cash }, [ours, theirs]) {
  const before = await balance(us, cash, ours);

  const minted = await us.mintTokens({ pool: cash.name, amount: "500", idempotencyKey: "mint-500" }, confirm);
  assert.deepEqual([minted.type, minted.amount, minted.to, minted.pool], ["mint", "500", ours, cash.id]);
  await assert.rejects(
    us.mintTokens({ pool: cash.name, amount: "500", idempotencyKey: "mint-500" }),
    (error) => error instanceof sdk.FireFlyIdempotencyError,
  );

  const asked = await us.transferTokens({ pool: cash.id, amount: 120, to: theirs, from: ours });
  assert.match(asked.localId, UUID);
  assert.equal(asked.protocolId, undefined);
  const moved = await until(() => us.getTokenTransfer(asked.localId));
  assert.deepEqual(
    [moved.localId, moved.type, moved.amount, moved.from, moved.to, moved.key, moved.tx],
    [asked.localId, "transfer", "120", ours, theirs, ours, asked.tx],
  );
  const listed = await us.getTokenTransfers({ pool: cash.id, fromOrTo: theirs });
  assert.deepEqual(listed.find((row) => row.localId === asked.localId), moved);

  const burnt = await us.burnTokens({ pool: cash.name, amount: "30" }, confirm);
  assert.deepEqual([burnt.type, burnt.amount, burnt.from, burnt.to], ["burn", "30", ours, undefined]);
  assert.equal(await balance(us, cash, ours), before + 500n - 120n - 30n);

  // The other node did not ask for it, and still knows it: always under the same id.
  const known = await until(async () => {
    const rows = await them.getTokenTransfers({ fromOrTo: theirs });
    return rows.find((row) => row.protocolId === moved.protocolId);
  });
  assert.match(known.localId, UUID);
  assert.notEqual(known.localId, moved.localId);
  assert.deepEqual(await them.getTokenTransfer(known.localId), known);
  assert.equal(await them.getTokenTransfer(moved.localId), undefined);

  const transaction = await us.getTransaction(asked.tx.id);
  assert.equal(transaction.type, "token_transfer");
  assert.deepEqual(transaction.blockchainIds, [moved.transaction]);
  const operation = await us.getOperation(asked.tx.id);
  assert.deepEqual([operation.status, operation.type, operation.tx], ["Succeeded", "token_transfer", asked.tx.id]);
  for (const list of [await us.getTransactions(), await us.getOperations()]) {
    assert.ok(list.some((row) => row.id === asked.tx.id), "what was asked for is not in the list");
  }
  await assert.rejects(us.retryOperation(operation.id), /has not failed/);
  await filters(us, cash, moved);

  for (const [config, approved, value] of [[{ allowance: "7" }, true, "7"], [{}, false, "0"]]) {
    const grant = { pool: cash.name, operator: theirs, approved, config };
    const allowed = await us.approveTokens(grant, confirm);
    const standing = (await us.getTokenApprovals({ key: ours })).find((row) => row.subject === allowed.subject);
    assert.deepEqual([allowed.approved, allowed.info.value], [approved, value]);
    assert.deepEqual(standing && [standing.approved, standing.info.value], approved ? [true, "7"] : undefined);
  }
}

/** Listens to a subscription that is kept, and to everything while it lasts. */
async function listen(node) {
  const wanted = { name: "money", filter: { events: "^token_" }, options: { firstEvent: "newest", readAhead: 3 } };
  const made = await node.replaceSubscription(wanted);
  assert.match(made.id, UUID);
  assert.match(made.options.firstEvent, /^[0-9]+$/);
  const again = await node.replaceSubscription(wanted);
  assert.deepEqual([again.id, again.options], [made.id, made.options]);
  assert.deepEqual((await node.getSubscriptions()).map((row) => row.name), ["money"]);
  const kept = [];
  const all = [];
  const sockets = [
    node.listen("money", async (_, event) => kept.push(event)),
    node.listen({ filter: { events: ".*" } }, async (_, event) => all.push(event)),
  ];
  // What happens before an application listens is no business of one that asks for what is new.
  await until(async () => ((await listeners()) === 2 ? true : undefined));
  return { made, kept, all, sockets };

  async function listeners() {
    const answer = await fetch(`${bobUrl}/api/v1/websockets`);
    const { connections } = await answer.json();
    return connections.filter((connection) => connection.subscriptions.length === 1).length;
  }
}

/** That an application was told of everything, once and in order, and is not told it again. */
async function heard(node, { made, kept, all, sockets }, { cash }) {
  const types = (events) => events.map((event) => event.type);
  // A mint, a transfer, a burn and two approvals.
  await until(async () => (kept.length >= 5 ? true : undefined));
  assert.deepEqual(types(kept), [...Array(3).fill("token_transfer_confirmed"), ...Array(2).fill("token_approval_confirmed")]);
  const [minted, moved] = kept;
  assert.deepEqual(minted.subscription, { id: made.id, namespace: "default", name: "money" });
  assert.equal(minted.topic, cash.id);
  assert.deepEqual([minted.reference, minted.tx], [minted.tokenTransfer.localId, minted.tokenTransfer.tx.id]);
  assert.deepEqual([minted.tokenTransfer.type, minted.tokenTransfer.amount], ["mint", "500"]);
  assert.deepEqual(await node.getTokenTransfer(moved.reference), moved.tokenTransfer);
  assert.equal(kept[3].tokenApproval.localId, kept[3].reference);
  assert.ok(kept.every((event, n) => n === 0 || event.sequence > kept[n - 1].sequence));
  await until(async () => (all.length >= 10 ? true : undefined));
  const submitted = all.filter((event) => event.type === "transaction_submitted");
  assert.deepEqual(submitted.map((event) => event.reference), kept.map((event) => event.tx));
  assert.ok(submitted.every((event) => event.transaction.id === event.reference));
  sockets.forEach((socket) => socket.close());
  const answer = await fetch(`${bobUrl}/api/v1/namespaces/default/events/${minted.id}?fetchreference=true`);
  const { subscription, ...event } = minted;
  assert.deepEqual(await answer.json(), event);
  const again = [];
  const socket = node.listen("money", async (_, event) => again.push(event));
  const marker = await node.mintTokens({ pool: cash.name, amount: "1" }, confirm);
  await until(async () => (again.some((event) => event.reference === marker.localId) ? true : undefined));
  assert.equal(again.length, 1, "what was acknowledged was told again");
  socket.close();
  await node.burnTokens({ pool: cash.name, amount: "1" }, confirm);
  await node.deleteSubscription(made.id);
  assert.deepEqual(await node.getSubscriptions(), []);
}

/** Lists are asked in FireFly's query syntax. */
async function filters(node, cash, moved) {
  const ids = (rows) => rows.map((row) => row.localId);
  const { localId, tx, from, to } = moved;
  for (const filter of [{ localId }, { "tx.id": tx.id }, { type: "transfer", from, to, amount: ">=120", pool: cash.id }]) {
    assert.ok(ids(await node.getTokenTransfers(filter)).includes(localId), JSON.stringify(filter));
  }
  assert.ok(!ids(await node.getTokenTransfers({ type: "!transfer" })).includes(localId));
  assert.ok(!ids(await node.getTokenTransfers({ created: `<${moved.created}` })).includes(localId));
  const counted = await node.getTokenTransfers({ pool: cash.id, count: true, limit: 1 });
  assert.equal(counted.count, 1);
  assert.ok(counted.total > 1 && counted.items.length === 1);
  const oldest = await node.getTokenTransfers({ sort: "created", limit: 2 });
  assert.ok(oldest[0].protocolId < oldest[1].protocolId);
  const holders = await node.getTokenBalances({ pool: cash.id });
  assert.ok([from, to].every((key) => holders.some((row) => row.key === key)), "not everybody is listed");
  assert.deepEqual((await node.getTransactions({ blockchainids: moved.transaction })).map((row) => row.id), [tx.id]);
  const done = await node.getOperations({ status: "Succeeded", type: "token_transfer", tx: tx.id });
  assert.deepEqual(done.map((row) => row.id), [tx.id]);
  await assert.rejects(node.getTokenTransfers({ limit: 1001 }), /FF00192/);
  await assert.rejects(node.getTokenTransfers({ skip: 1001 }), /FF00191/);
  await assert.rejects(node.getOperations({ created: "!>1" }), /FF00193/);
}

async function deeds(alice, bob, { deed }, keys) {
  const tokenIndex = BigInt(document).toString();
  const minted = await alice.mintTokens({ pool: deed.name, tokenIndex: document, amount: "1" }, confirm);
  assert.deepEqual([minted.type, minted.tokenIndex, minted.amount], ["mint", tokenIndex, "1"]);
  const one = { pool: deed.name, operator: keys.bob, config: { tokenIndex } };
  await alice.approveTokens(one, confirm);
  const nobody = "0x00000000000000000000000000000000000000ff";
  await assert.rejects(alice.approveTokens({ ...one, operator: nobody, approved: false }), /operator/);
  await alice.approveTokens({ ...one, approved: false }, confirm);
  const all = await alice.approveTokens({ pool: deed.name, operator: keys.bob }, confirm);
  assert.deepEqual([all.approved, all.info.all], [true, true]);

  await alice.transferTokens({ pool: deed.name, tokenIndex, amount: "1", to: "bob" }, confirm);
  const held = await until(async () => {
    const rows = await bob.getTokenBalances({ pool: deed.name, key: keys.bob });
    return rows.find((row) => row.tokenIndex === tokenIndex);
  });
  assert.equal(held.balance, "1");
  await bob.burnTokens({ pool: deed.name, tokenIndex, amount: "1" }, confirm);
  assert.deepEqual(await bob.getTokenBalances({ pool: deed.name, key: keys.bob }), []);
}

/** A token that one party has made, and the other works with too. */
async function ownPool(alice, bob, keys) {
  const order = { name: "silver", symbol: "AG", type: "fungible", idempotencyKey: "silver" };
  const asked = await bob.createTokenPool(order);
  assert.match(asked.id, UUID);
  assert.deepEqual([asked.name, asked.active, asked.tx.type], ["silver", false, "token_pool"]);
  await assert.rejects(bob.createTokenPool(order), (error) => error instanceof sdk.FireFlyIdempotencyError);
  const made = await until(async () => {
    const pool = await bob.getTokenPool("silver");
    return pool.active ? pool : undefined;
  });
  assert.deepEqual([made.id, made.symbol, made.standard, made.decimals], [asked.id, "AG", "ERC20", 18]);
  assert.equal((await bob.getTransaction(asked.tx.id)).type, "token_pool");
  assert.deepEqual((await bob.getOperations({ type: "token_create_pool" })).map((row) => row.id), [asked.id]);
  const address = /address=(0x[0-9a-f]{40})/.exec(made.locator)[1];
  const bound = await alice.createTokenPool({ name: "ag", type: "fungible", config: { address, blockNumber: "0" } }, confirm);
  assert.deepEqual([bound.active, bound.symbol], [true, "AG"]);
  assert.equal((await alice.getTokenPools()).length, 3);
  await bob.mintTokens({ pool: "silver", amount: "10", to: keys.alice }, confirm);
  const held = await until(async () => (await alice.getTokenBalances({ pool: "ag" }))[0]);
  assert.deepEqual([held.key, held.balance], [keys.alice, "10"]);
}

async function refusals(alice, { cash }) {
  const bad = [
    [{ pool: "gold", amount: "1" }, /FF10109.*pool/],
    [{ pool: cash.name, amount: "1.5" }, /amount.*digits/],
    [{ pool: cash.name, amount: "1", to: "nobody" }, /to: /],
  ];
  for (const [body, words] of bad) {
    await assert.rejects(alice.mintTokens(body), (error) => error instanceof sdk.FireFlyError && words.test(error.message));
  }
  const elsewhere = new FireFly({ host: aliceUrl, namespace: "elsewhere" });
  await assert.rejects(elsewhere.getTokenTransfers(), /FF10187/);
}

/** What `find` comes to find, within a minute. */
async function until(find) {
  const end = Date.now() + 60_000;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    assert.ok(Date.now() < end, `nothing found by ${find}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

main().catch((error) => {
  console.error(error.stack);
  // Sockets may be open that would keep it from ending.
  process.exit(1);
});
