//! The mirror by itself, as a program beside a real chain and both databases: whatever it went through, it
//! ends with what the chain says.

mod hostile;
mod world;

use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::{sol, sol_types::SolEvent};
use anyhow::{Context, Result, ensure};
use quittance_indexer::events::{Contract, Place, Plan};
use quittance_store::tables::{Query, Reader};
use quittance_stories::{Anvil, ports, process::Process, wait::SOON, wait_for};
use serde_json::{Value, json};

use world::{ABI, TOKEN, World, fail, program, succeed, transfer_topic};

sol! {
    event Named(string indexed name, string text, uint64 at, int128[] list);
}

/// Rows as people read them, of the table called `name`.
async fn rows(db: &str, name: &str) -> Result<Vec<Value>> {
    let contract = Contract {
        name: "token".to_owned(),
        place: Place::At(vec![TOKEN]),
        events: Contract::events_of(ABI.as_bytes())?,
        wanted: vec![],
        start_block: 0,
    };
    let plan = Plan::new(vec![contract], false)?;
    let table = plan.tables().iter().position(|table| table.name == name).context("no such table")?;
    let mut reader = Reader::open(db, plan.tables().to_vec()).await?;
    let query = Query { table, until: i64::MAX, limit: i64::MAX, ..Query::default() };
    let page = reader.page(query).await?;
    let columns = &plan.tables()[table].columns;
    let row = |row: Vec<_>| {
        let cells = columns.iter().zip(plan.forms(table)).zip(row);
        cells.map(|((column, form), value)| (column.name.clone(), form.show(value))).collect()
    };
    Ok(page.rows.rows().into_iter().map(row).collect())
}

/// Logs that no interface explains, between some that it does.
async fn odd_logs(world: &World) -> Result<()> {
    let word = |n: u64| B256::left_padding_from(&n.to_be_bytes());
    let named = |at, text: &str| Named {
        name: keccak256("Zoë"),
        text: text.to_owned(),
        at,
        list: vec![-1, i128::MAX],
    };
    let topic = transfer_topic();
    let fine = named(7, "Zoë's \"token\"");
    world
        .log(
            TOKEN,
            fine.encode_topics().iter().map(|topic| topic.0).collect::<Vec<_>>().as_slice(),
            &fine.encode_data(),
        )
        .await?;
    let topics: Vec<B256> = fine.encode_topics().iter().map(|topic| topic.0).collect();
    world.log(TOKEN, &topics, &named(u64::MAX, "too late").encode_data()).await?;
    world.log(TOKEN, &topics, &named(1, "zero \0 inside").encode_data()).await?;
    world.log(TOKEN, &topics, &[fine.encode_data(), vec![0; 32]].concat()).await?;
    world.log(TOKEN, &[topic, word(1), word(2), word(3)], &[]).await?;
    world.log(TOKEN, &[topic, B256::repeat_byte(1), word(2)], word(3).as_slice()).await?;
    world.log(TOKEN, &[topic, word(1), word(2)], &[1, 2, 3]).await?;
    world.log(TOKEN, &[word(99)], b"anonymous").await?;
    world.log(TOKEN, &[word(98), word(1)], b"unknown").await?;
    world.log(TOKEN, &[], b"no topic at all").await?;
    world.log(TOKEN, &[topic, word(1), word(2)], U256::MAX.to_be_bytes::<32>().as_slice()).await?;
    world.log(Address::repeat_byte(9), &[topic, word(1), word(2)], word(4).as_slice()).await?;
    world.rpc().mine().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_mirrored_is_what_the_chain_says() -> Result<()> {
    let world = World::start().await?;
    world.blocks(0..50).await?;
    odd_logs(&world).await?;
    world.blocks(50..60).await?;
    let databases = world.databases()?;
    for db in &databases {
        world.once(db).await?;
        assert_eq!(world.differences(db).await?, 0, "{db}");
        let undecoded = &world.status(db).await?["undecoded"];
        let expected =
            json!({"anonymous": 1, "garbled": 3, "indexing": 1, "overflow": 1, "text": 1, "unknown": 2});
        assert_eq!(*undecoded, expected);
        let named = rows(db, "token_named").await?;
        ensure!(named.len() == 1);
        assert_eq!(named[0]["name_hash"], json!(keccak256("Zoë")));
        assert_eq!(named[0]["text"], "Zoë's \"token\"");
        assert_eq!((&named[0]["at"], &named[0]["list"]), (&json!(7), &json!(["-1", i128::MAX.to_string()])));
        let transfers = rows(db, "token_transfer").await?;
        // Of sixty blocks in four kinds: none, one, two or three each.
        assert_eq!(transfers.len(), 15 * 6 + 1);
        ensure!(transfers.iter().any(|row| row["value"] == U256::MAX.to_string()));
        assert_eq!(transfers[0]["value"], (10 * 1_000_000_007_u64).to_string());
        ensure!(transfers.iter().all(|row| row["block_timestamp"].as_u64() > Some(0)));
    }
    for table in ["token_transfer", "token_named", "logs"] {
        assert_eq!(rows(&databases[0], table).await?, rows(&databases[1], table).await?);
    }
    // What was done once is not done again.
    world.once(&databases[0]).await?;
    assert_eq!(world.differences(&databases[0]).await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planted_difference_is_found_and_mended_by_a_reset() -> Result<()> {
    let world = World::start().await?;
    world.blocks(0..40).await?;
    let db = world.sqlite("events.db");
    world.once(&db).await?;
    let last = "(SELECT max(id) FROM token_transfer)";
    world::tamper(&db, &format!("UPDATE token_transfer SET value = zeroblob(32) WHERE id = {last}"))?;
    world::tamper(&db, "DELETE FROM token_transfer WHERE id = (SELECT min(id) FROM token_transfer)")?;
    assert_eq!(world.differences(&db).await?, 2);
    succeed(world.command(&db, &["reset", "--from", "0"])).await?;
    world.once(&db).await?;
    assert_eq!(world.differences(&db).await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reorgs_are_taken_back_to_the_block() -> Result<()> {
    let world = World::start().await?;
    world.blocks(0..50).await?;
    let databases = world.databases()?;
    let url = world.rpc().url().to_owned();
    let follow = |db: &String| world.follow(&url, db, &["--window", "12"]);
    let mut mirrors = databases.iter().map(follow).collect::<Result<Vec<Process>>>()?;
    for depth in [1, 4, 11] {
        world.blocks(3..9).await?;
        for (db, mirror) in databases.iter().zip(&mut mirrors) {
            world.caught_up(db, mirror).await?;
        }
        world.rpc().reorg(depth).await?;
        for (db, mirror) in databases.iter().zip(&mut mirrors) {
            world.caught_up(db, mirror).await?;
            assert_eq!(world.differences(db).await?, 0, "{db} after a reorg of {depth}");
        }
    }
    // What happened while it was away is no different from what it saw.
    mirrors.clear();
    world.rpc().reorg(5).await?;
    world.blocks(5..9).await?;
    for db in &databases {
        let mut mirror = follow(db)?;
        world.caught_up(db, &mut mirror).await?;
        assert_eq!(world.differences(db).await?, 0, "{db} after having been away");
    }
    world.rpc().reorg(14).await?;
    for db in &databases {
        let said = fail(world.command(db, &["--from", "0", "--window", "12"])).await?;
        ensure!(said.contains("window: a reorg deeper than the window of 12 blocks"), "{said}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_chain_or_other_contracts_are_refused() -> Result<()> {
    let world = World::start().await?;
    world.blocks(0..3).await?;
    let db = world.sqlite("events.db");
    world.once(&db).await?;
    // Of another time: two chains begun within one second have the same first block.
    let arguments = ["--block-time", "1", "--timestamp", "1600000000"];
    let other = Anvil::with(&world.dir.path().join("other"), ports::free()?, &arguments).await?;
    let said = fail(world.command_at(other.rpc.url(), &db, &["--from", "0", "--once"])).await?;
    ensure!(said.contains("db: holds chain 31337") && said.contains("another chain"), "{said}");
    let said = fail(world.command(&db, &["--from", "1", "--once"])).await?;
    ensure!(said.contains("db: was filled for other contracts"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_settings_name_what_is_wrong() -> Result<()> {
    let dir = tempfile::tempdir()?;
    std::fs::write(dir.path().join("Token.json"), ABI)?;
    let contract = "[[contract]]\nabi = \"Token.json\"\n";
    let address = "address = \"0x70CE000000000000000000000000000000000002\"\n";
    for (text, named) in [
        ("rpcs = []\n".to_owned(), "rpcs"),
        ("window = 0\n".to_owned(), "window"),
        ("db = \"mysql://x\"\n".to_owned(), "db: must begin"),
        ("rpc = [\"nonsense\"]\n".to_owned(), "rpc: is not"),
        (format!("{contract}address = \"0x12\"\n"), "address"),
        (contract.to_owned(), "contract.address"),
        (format!("{contract}{address}name = \"No Name\"\n"), "contract.name"),
        (format!("{contract}{address}events = [\"Burn\"]\n"), "contract.events"),
        (format!("{contract}{address}{contract}{address}"), "contract.name"),
        ("[[contract]]\nabi = \"None.json\"\n".to_owned(), "contract.abi"),
        (
            format!(
                "{contract}factory = {{ address = \"{TOKEN}\", event = \"event E(uint8 a)\", argument = \"a\" }}\n"
            ),
            "contract.factory.argument",
        ),
    ] {
        let file = dir.path().join("mirror.toml");
        std::fs::write(&file, &text)?;
        let mut command = program();
        command.arg("--config").arg(&file).arg("--once");
        if !text.starts_with("rpc") {
            command.args(["--rpc", "http://127.0.0.1:1"]);
        }
        if !text.starts_with("db") {
            command.args(["--db", &format!("sqlite://{}", dir.path().join("x.db").display())]);
        }
        let said = fail(command).await?;
        ensure!(said.contains(named), "{text}: {said}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contracts_that_a_factory_makes_are_found() -> Result<()> {
    let world = World::start().await?;
    let created = keccak256("Created(address)");
    let child = Address::repeat_byte(0xc1);
    let code: String = world.rpc().call("eth_getCode", json!([TOKEN, "latest"])).await?;
    let _none: Value = world.rpc().call("anvil_setCode", json!([child, code])).await?;
    let topics = [transfer_topic(), B256::ZERO, B256::ZERO];
    world.log(TOKEN, &[created], child.into_word().as_slice()).await?;
    world.log(child, &topics, B256::ZERO.as_slice()).await?;
    world.rpc().mine().await?;
    world.blocks(0..40).await?;
    let file = world.dir.path().join("mirror.toml");
    let text = format!(
        "rpc = [\"{}\"]\npoll-interval = \"20ms\"\n[[contract]]\nname = \"pair\"\nabi = \"Token.json\"\n\
         factory = {{ address = \"{TOKEN}\", event = \"event Created(address pair)\", argument = \"pair\" }}\n",
        world.rpc().url()
    );
    std::fs::write(&file, text)?;
    for (db, late) in world.databases()?.into_iter().zip([0xd1, 0xd2].map(Address::repeat_byte)) {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_quittance-indexer"));
        command.arg("--config").arg(&file).args(["--db", &db]);
        let mut mirror = Process::start(&mut command, &world.dir.path().join("factory.log"))?;
        world.caught_up(&db, &mut mirror).await?;
        // One that comes at the head, and speaks in the block that it comes with.
        let _none: Value = world.rpc().call("anvil_setCode", json!([late, code])).await?;
        world.log(TOKEN, &[created], late.into_word().as_slice()).await?;
        world.log(late, &topics, B256::ZERO.as_slice()).await?;
        world.rpc().mine().await?;
        world.caught_up(&db, &mut mirror).await?;
        let mut verify = program();
        verify.args(["verify", "--json", "--db", &db, "--config"]).arg(&file);
        let report: Value = serde_json::from_slice(&succeed(verify).await?.stdout)?;
        ensure!(report["count"] == 0 && report["logs"].as_u64() >= Some(2), "{report}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_page_through_what_is_stored() -> Result<()> {
    let world = World::start().await?;
    world.blocks(0..40).await?;
    let url = world.rpc().url().to_owned();
    for db in world.databases()? {
        let port = ports::free()?;
        let mut mirror = world.follow(&url, &db, &["--http", &format!("127.0.0.1:{port}")])?;
        world.caught_up(&db, &mut mirror).await?;
        let get = async |path: &str| -> Result<(u16, Value)> {
            let answer = reqwest::get(format!("http://127.0.0.1:{port}/{path}")).await?;
            Ok((answer.status().as_u16(), answer.json().await?))
        };
        let (mut all, mut cursor) = (vec![], String::new());
        loop {
            let (_, page) = get(&format!("events/token/Transfer?limit=7&count=true{cursor}")).await?;
            ensure!(page["asOf"]["number"] == world.rpc().head().await?, "{page}");
            all.extend(page["items"].as_array().context("no items")?.clone());
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let mut stored = rows(&db, "token_transfer").await?;
        stored.iter_mut().for_each(|row| drop(row.as_object_mut().and_then(|row| row.remove("id"))));
        assert_eq!(all, stored);
        let from = Address::left_padding_from(&[3]);
        let (_, some) =
            get(&format!("events/token/transfer?from={from}&fromBlock=10&toBlock=30&count=true")).await?;
        let expected: Vec<&Value> = stored
            .iter()
            .filter(|row| row["from"] == format!("{from:#x}").as_str())
            .filter(|row| (Some(10)..=Some(30)).contains(&row["block_number"].as_u64()))
            .collect();
        ensure!(!expected.is_empty() && some["count"] == expected.len());
        assert_eq!(some["items"], json!(expected));
        for (path, status, named) in [
            ("events/token/burn", 404, "/tables"),
            ("events/token/transfer?to=0x12", 400, "to"),
            ("events/token/transfer?who=1", 400, "who"),
            ("events/token/transfer?limit=0", 400, "limit"),
            ("events/token/transfer?cursor=-1", 400, "cursor"),
        ] {
            let (code, said) = get(path).await?;
            ensure!(code == status && said["error"].to_string().contains(named), "{path}: {code} {said}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_blocks_are_told_over_a_websocket() -> Result<()> {
    let world = World::start().await?;
    world.blocks(0..40).await?;
    let db = world.sqlite("events.db");
    let url = world.rpc().url().to_owned();
    let ws = url.replace("http://", "ws://");
    // It would never ask in time.
    let mut mirror = world.follow(&url, &db, &["--ws", &ws, "--poll-interval", "10m"])?;
    world.caught_up(&db, &mut mirror).await?;
    wait_for("the subscription", SOON, async || {
        world.blocks(1..2).await?;
        let head = world.rpc().head().await?;
        Ok((world.status(&db).await?["block"]["number"] == head).then_some(()))
    })
    .await?;
    world.blocks(3..6).await?;
    world.caught_up(&db, &mut mirror).await?;
    world.rpc().reorg(4).await?;
    world.blocks(2..4).await?;
    world.caught_up(&db, &mut mirror).await?;
    assert_eq!(world.differences(&db).await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_writers_in_one_database_are_noticed() -> Result<()> {
    let world = World::start().await?;
    world.blocks(0..5).await?;
    let url = world.rpc().url().to_owned();
    for db in world.databases()? {
        let (mut one, mut two) = (world.follow(&url, &db, &[])?, world.follow(&url, &db, &[])?);
        let ended = wait_for("one of them to give way", SOON, async || {
            world.blocks(2..3).await?;
            Ok(one.status()?.or(two.status()?))
        });
        ensure!(!ended.await?.success());
        let left = if one.status()?.is_none() { &mut one } else { &mut two };
        world.caught_up(&db, left).await?;
        assert_eq!(world.differences(&db).await?, 0);
    }
    Ok(())
}
