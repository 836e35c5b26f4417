use std::{fs, path::PathBuf};

use quittance_domain::{Address, document};
use rand::{RngCore as _, SeedableRng as _, rngs::StdRng};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;

use super::*;

const ISSUER: Address = Address::repeat_byte(7);

fn random(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    StdRng::seed_from_u64(len.try_into().unwrap()).fill_bytes(&mut bytes);
    bytes
}

fn vault() -> (TempDir, Vault) {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path().join("vault"), &Limits::default()).unwrap();
    (dir, vault)
}

fn files(vault: &Vault) -> Vec<String> {
    let entries = fs::read_dir(&vault.inner.dir).unwrap();
    let mut endings: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().rsplit('.').next().unwrap().to_owned())
        .collect();
    endings.sort();
    endings
}

fn small(issuer: Address) -> New {
    New { chunk_size: 256, ..New::by(issuer) }
}

async fn plain(vault: &Vault, commitment: &Commitment) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    vault.open_plain(commitment).await.unwrap().read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// Carries frames over until `until` are there.
async fn copy(from: &Vault, to: &mut Incoming, until: u32, commitment: &Commitment) {
    while to.next() < until {
        to.append(from.frame(commitment, to.next()).await.unwrap()).await.unwrap();
    }
}

fn file(vault: &Vault, commitment: &Commitment, ending: &str) -> PathBuf {
    vault.inner.path(commitment.root, ending)
}

#[tokio::test]
async fn documents_of_every_length_come_out_as_they_went_in() {
    let (_dir, vault) = vault();
    let frame = 224 * 256;
    for len in [1, 31, 224, 225, frame - 1, frame, frame + 1, 3 * frame, 3 * frame + 100] {
        let document = random(len);
        let added = vault.add(&document[..], small(ISSUER)).await.unwrap();
        added.commitment.check().unwrap();
        assert_eq!(added.commitment.size, u64::try_from(len).unwrap());
        assert_eq!(added.sha256[..], Sha256::digest(&document)[..]);
        assert!(vault.has(&added.commitment).await);
        assert_eq!(plain(&vault, &added.commitment).await.unwrap(), document, "{len} bytes");
        for index in 0..document::frame::count(&added.commitment) {
            let frame = vault.frame(&added.commitment, index).await.unwrap();
            document::frame::verify(&added.commitment, index, &frame.chunks, &frame.path).unwrap();
        }
    }
}

#[tokio::test]
async fn the_same_document_twice_has_two_roots() {
    let (_dir, vault) = vault();
    let one = vault.add(&b"yes"[..], New::by(ISSUER)).await.unwrap();
    let two = vault.add(&b"yes"[..], New::by(ISSUER)).await.unwrap();
    assert_ne!(one.commitment.root, two.commitment.root);
    assert_eq!(one.sha256, two.sha256);
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_behind() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(dir.path(), &Limits { document_bytes: 1000, ..Limits::default() }).unwrap();
    let large = vault.add(&random(1001)[..], New::by(ISSUER)).await.unwrap_err();
    assert_eq!((large.kind(), large.field_name()), (Kind::TooLarge, Some("size")));
    let empty = vault.add(&b""[..], New::by(ISSUER)).await.unwrap_err();
    assert_eq!((empty.kind(), empty.field_name()), (Kind::Invalid, Some("size")));
    let odd = New { chunk_size: 100, ..New::by(ISSUER) };
    assert_eq!(vault.add(&b"x"[..], odd).await.unwrap_err().field_name(), Some("chunkSize"));
    let broken = failing(io::Error::other(Error::conflict("said so")));
    assert_eq!(vault.add(broken, New::by(ISSUER)).await.unwrap_err(), Error::conflict("said so"));
    let broken = failing(io::ErrorKind::ConnectionReset.into());
    assert_eq!(vault.add(broken, New::by(ISSUER)).await.unwrap_err().kind(), Kind::Invalid);
    assert!(files(&vault).is_empty());
    vault.add(&random(1000)[..], New::by(ISSUER)).await.unwrap();
    assert_eq!(files(&vault), ["chunks", "tree"]);
}

/// A reader that gives a little and then fails.
fn failing(error: io::Error) -> impl tokio::io::AsyncRead + Unpin {
    let parts = [Ok(bytes::Bytes::from_static(b"some")), Err(error)];
    tokio_util::io::StreamReader::new(futures::stream::iter(parts))
}

#[tokio::test]
async fn a_full_disk_is_said_to_be_full() {
    for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
        assert_eq!(disk(kind.into()).kind(), Kind::Full);
    }
    assert_eq!(disk(io::ErrorKind::PermissionDenied.into()).kind(), Kind::Internal);
}

#[tokio::test]
async fn unfinished_files_are_swept_and_others_kept() {
    let (_dir, vault) = vault();
    let added = vault.add(&b"kept"[..], New::by(ISSUER)).await.unwrap();
    fs::write(vault.inner.dir.join(".new-left"), b"torn").unwrap();
    let again = Vault::open(&vault.inner.dir, &Limits::default()).unwrap();
    assert_eq!(files(&again), ["chunks", "tree"]);
    assert_eq!(plain(&again, &added.commitment).await.unwrap(), b"kept");
}

#[tokio::test]
async fn receiving_goes_on_where_it_stopped() {
    let ((_a, from), (_b, to)) = (vault(), vault());
    let document = random(224 * 256 * 5 + 1);
    let commitment = from.add(&document[..], small(ISSUER)).await.unwrap().commitment;
    let mut incoming = to.receive(&commitment).await.unwrap();
    copy(&from, &mut incoming, 3, &commitment).await;
    assert_eq!(incoming.received(), 3 * 224 * 256);
    assert_eq!(to.receive(&commitment).await.unwrap_err().kind(), Kind::Conflict, "one at a time");
    drop(incoming);
    assert!(!to.has(&commitment).await);
    let to = Vault::open(&to.inner.dir, &Limits::default()).unwrap();
    let mut incoming = to.receive(&commitment).await.unwrap();
    assert_eq!((incoming.next(), incoming.frames()), (3, 6));
    copy(&from, &mut incoming, 6, &commitment).await;
    incoming.finish().await.unwrap();
    assert_eq!(files(&to), ["chunks", "tree"]);
    assert_eq!(plain(&to, &commitment).await.unwrap(), document);
    for ending in ["chunks", "tree"] {
        let both = [&from, &to].map(|vault| fs::read(file(vault, &commitment, ending)).unwrap());
        assert_eq!(both[0], both[1], "{ending}");
    }
    assert_eq!(to.receive(&commitment).await.unwrap_err().kind(), Kind::Conflict, "it is here");
}

#[tokio::test]
async fn torn_and_damaged_frames_are_wanted_again() {
    let ((_a, from), (_b, to)) = (vault(), vault());
    let commitment = from.add(&random(224 * 256 * 4)[..], small(ISSUER)).await.unwrap().commitment;
    let part = file(&to, &commitment, "part");
    let frame = 256 * 256;
    let cut = |len: u64| fs::OpenOptions::new().write(true).open(&part).unwrap().set_len(len).unwrap();
    let damage = |at: usize| {
        let mut bytes = fs::read(&part).unwrap();
        bytes[at] ^= 1;
        fs::write(&part, bytes).unwrap();
    };
    let harm: [(&dyn Fn(), u32); 5] = [
        (&|| cut(3 * u64::try_from(frame).unwrap() - 1), 2),
        (&|| damage(2 * frame + 5), 2),
        (&|| damage(0), 0),
        (&|| cut(0), 0),
        (&|| fs::write(file(&to, &commitment, "roots"), [0; 40]).unwrap(), 0),
    ];
    for (harm, left) in harm {
        let mut incoming = to.receive(&commitment).await.unwrap();
        copy(&from, &mut incoming, 3, &commitment).await;
        drop(incoming);
        harm();
        assert_eq!(to.receive(&commitment).await.unwrap().next(), left);
    }
    let mut incoming = to.receive(&commitment).await.unwrap();
    copy(&from, &mut incoming, 4, &commitment).await;
    incoming.finish().await.unwrap();
    assert!(plain(&to, &commitment).await.is_ok());
}

#[tokio::test]
async fn only_the_next_true_frame_is_written() {
    let ((_a, from), (_b, to)) = (vault(), vault());
    let commitment = from.add(&random(224 * 256 * 3)[..], small(ISSUER)).await.unwrap().commitment;
    let mut incoming = to.receive(&commitment).await.unwrap();
    let frame = from.frame(&commitment, 0).await.unwrap();
    let mut bad = frame.clone();
    bad.chunks = [&[!frame.chunks[0]], &frame.chunks[1..]].concat().into();
    assert_eq!(incoming.append(bad).await.unwrap_err().kind(), Kind::Invalid);
    let skipped = from.frame(&commitment, 1).await.unwrap();
    assert_eq!(incoming.append(skipped).await.unwrap_err().field_name(), Some("index"));
    assert_eq!((incoming.next(), fs::metadata(file(&to, &commitment, "part")).unwrap().len()), (0, 0));
    incoming.append(frame).await.unwrap();
    assert_eq!(incoming.finish().await.unwrap_err().kind(), Kind::Conflict, "frames are missing");
    assert!(!to.has(&commitment).await);
}

#[tokio::test]
async fn a_changed_disk_does_not_change_a_document() {
    let (_dir, vault) = vault();
    let commitment = vault.add(&random(224 * 256 * 3)[..], small(ISSUER)).await.unwrap().commitment;
    let path = file(&vault, &commitment, "chunks");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    plain(&vault, &commitment).await.unwrap_err();
}

#[tokio::test]
async fn what_is_not_here_is_not_found() {
    let (_dir, vault) = vault();
    let commitment = vault.add(&b"here"[..], New::by(ISSUER)).await.unwrap().commitment;
    assert_eq!(vault.frame(&commitment, 1).await.unwrap_err().kind(), Kind::NotFound);
    let other = Commitment { root: B256::repeat_byte(1), ..commitment };
    assert!(!vault.has(&other).await);
    assert_eq!(vault.frame(&other, 0).await.unwrap_err().kind(), Kind::NotFound);
    assert_eq!(vault.open_plain(&other).await.err().unwrap().kind(), Kind::NotFound);
    vault.remove(&commitment).await.unwrap();
    vault.remove(&commitment).await.unwrap();
    assert!(files(&vault).is_empty());
}

#[tokio::test]
async fn others_on_the_machine_cannot_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let ((_a, from), (_b, to)) = (vault(), vault());
    let commitment = from.add(&random(100)[..], small(ISSUER)).await.unwrap().commitment;
    let _incoming = to.receive(&commitment).await.unwrap();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(from.inner.dir.clone()), 0o700);
    assert_eq!(mode(file(&from, &commitment, "chunks")), 0o600);
    assert_eq!(mode(file(&to, &commitment, "part")), 0o600);
}
