use alloy_primitives::{Address, B256, b256, keccak256};
use proptest::prelude::*;

use super::{frame::FRAME_CHUNKS, merkle::Tree, *};

/// A whole document's chunks, in memory, with its tree.
struct Sample {
    commitment: Commitment,
    bytes: Vec<u8>,
    tree: Tree,
}

impl Sample {
    fn new(chunks: u32, chunk_size: u32) -> Self {
        let chunk = |at: u32| {
            let seed = keccak256(at.to_be_bytes());
            seed.iter().copied().cycle().take(usize::try_from(chunk_size).unwrap()).collect::<Vec<_>>()
        };
        let bytes: Vec<u8> = (0..chunks).flat_map(chunk).collect();
        let mut builder = frame::Builder::new(chunk_size).unwrap();
        for part in bytes.chunks(usize::try_from(FRAME_CHUNKS * chunk_size).unwrap()) {
            builder.push(part).unwrap();
        }
        assert_eq!(builder.chunks(), chunks);
        let tree = builder.finish();
        let size = u64::from(chunks) * u64::from(payload(chunk_size).unwrap());
        Self { commitment: commitment(tree.root(), chunks, chunk_size, size), bytes, tree }
    }

    fn frame(&self, index: u32) -> (&[u8], Vec<B256>) {
        let start = usize::try_from(frame::offset(&self.commitment, index)).unwrap();
        let long = usize::try_from(frame::len(&self.commitment, index)).unwrap();
        let hash = |step: merkle::Sibling| match step {
            merkle::Sibling::Stored(at) => self.tree.nodes()[usize::try_from(at).unwrap()],
            merkle::Sibling::Absent(hash) => hash,
        };
        let path = frame::path(&self.commitment, index).into_iter().map(hash).collect();
        (&self.bytes[start..start + long], path)
    }
}

fn commitment(root: B256, chunks: u32, chunk_size: u32, size: u64) -> Commitment {
    let (issuer, schema, previous) = (Address::ZERO, B256::ZERO, B256::ZERO);
    Commitment { issuer, root, chunks, chunk_size, size, schema, previous }
}

/// The root by the definition alone: every leaf of the full binary tree, absent ones included.
fn root_by_definition(bytes: &[u8], chunks: u32, chunk_size: u32) -> B256 {
    let mut leaves: Vec<B256> = (0..chunks)
        .zip(bytes.chunks(usize::try_from(chunk_size).unwrap()))
        .map(|(at, chunk)| {
            let tag = keccak256("Quittance plain chunk");
            keccak256([tag.as_slice(), &B256::left_padding_from(&at.to_be_bytes())[..], chunk].concat())
        })
        .collect();
    leaves.resize(leaves.len().next_power_of_two(), keccak256("Quittance absent chunk"));
    while leaves.len() > 1 {
        leaves = leaves.chunks(2).map(|pair| keccak256(pair.concat())).collect();
    }
    leaves[0]
}

#[test]
fn constants_are_the_hashes_they_say() {
    assert_eq!(merkle::LEAF_PLAIN, keccak256("Quittance plain chunk"));
    assert_eq!(merkle::ABSENT, keccak256("Quittance absent chunk"));
}

#[test]
fn trees_of_every_shape_are_the_definition() {
    for chunks in [1, 2, 3, 5, 8, 255, 256, 257, 511, 512, 513, 1281, 1800] {
        let sample = Sample::new(chunks, 256);
        assert_eq!(sample.commitment.root, root_by_definition(&sample.bytes, chunks, 256), "{chunks}");
        for index in 0..frame::count(&sample.commitment) {
            let (bytes, path) = sample.frame(index);
            frame::verify(&sample.commitment, index, bytes, &path).unwrap();
        }
    }
}

#[test]
fn a_known_document_keeps_its_root() {
    let mut chunk = vec![0x11; 32];
    chunk.extend_from_slice(b"hello");
    chunk.resize(256, 0);
    let mut builder = frame::Builder::new(256).unwrap();
    builder.push(&chunk).unwrap();
    let expected = b256!("0x9a17539c8264c4bee60f0cf26e90df68c212529b7bacd6cfd1cc4fd683980d86");
    assert_eq!(builder.finish().root(), expected);
}

#[test]
fn any_changed_byte_is_found() {
    let sample = Sample::new(257 + 3, 256);
    let (bytes, path) = sample.frame(1);
    for at in 0..bytes.len() {
        let mut bad = bytes.to_vec();
        bad[at] ^= 1;
        let error = frame::verify(&sample.commitment, 1, &bad, &path).unwrap_err();
        assert_eq!(error.field_name(), Some("chunks"), "byte {at}");
    }
    for at in 0..path.len() * 32 {
        let mut bad = path.clone();
        bad[at / 32][at % 32] ^= 1;
        frame::verify(&sample.commitment, 1, bytes, &bad).unwrap_err();
    }
}

#[test]
fn a_frame_in_another_place_is_found() {
    let sample = Sample::new(4 * FRAME_CHUNKS, 256);
    for (claimed, real) in (0..4).flat_map(|a| (0..4).map(move |b| (a, b))).filter(|(a, b)| a != b) {
        let (bytes, path) = sample.frame(real);
        frame::verify(&sample.commitment, claimed, bytes, &path).unwrap_err();
        frame::verify(&sample.commitment, claimed, bytes, &sample.frame(claimed).1).unwrap_err();
    }
    let (bytes, path) = sample.frame(0);
    for beyond in [4, 5, 1 << 16, 1 << 24, u32::MAX] {
        let error = frame::verify(&sample.commitment, beyond, bytes, &path).unwrap_err();
        assert_eq!(error.field_name(), Some("index"));
    }
}

#[test]
fn wrong_lengths_are_found_before_any_hashing() {
    let sample = Sample::new(600, 256);
    let (bytes, path) = sample.frame(0);
    let long = [bytes, &[0; 256]].concat();
    for bad in [&bytes[..bytes.len() - 1], &bytes[..bytes.len() - 256], &[], &long] {
        let error = frame::verify(&sample.commitment, 0, bad, &path).unwrap_err();
        assert_eq!(error.field_name(), Some("chunks"));
    }
    for bad in [&path[..1], &[], &[path.clone(), path.clone()].concat()] {
        let error = frame::verify(&sample.commitment, 0, bytes, bad).unwrap_err();
        assert_eq!(error.field_name(), Some("path"));
    }
}

#[test]
fn an_inner_node_is_no_leaf() {
    // One chunk whose bytes are two leaves of a real document must not stand for the node above them.
    let sample = Sample::new(2, 256);
    let leaves: Vec<B256> =
        (0..2).zip(sample.bytes.chunks(256)).map(|(at, chunk)| merkle::leaf(at, chunk)).collect();
    assert_eq!(merkle::node(leaves[0], leaves[1]), sample.commitment.root);
    assert_ne!(merkle::leaf(0, &leaves.concat()), sample.commitment.root);
    // A shallower or deeper document under the same root is refused by its lengths.
    for chunks in [1, 3] {
        let claim = commitment(sample.commitment.root, chunks, 256, u64::from(chunks) * 224);
        let mut bytes = leaves.concat();
        bytes.resize(usize::try_from(chunks * 256).unwrap(), 0);
        frame::verify(&claim, 0, &bytes, &[]).unwrap_err();
    }
}

#[test]
fn a_commitment_that_contradicts_itself_names_the_field() {
    let good = commitment(B256::repeat_byte(1), 2, 256, 225);
    good.check().unwrap();
    let field = |bad: Commitment| bad.check().unwrap_err().field_name().unwrap().to_owned();
    assert_eq!(field(Commitment { root: B256::ZERO, ..good }), "root");
    for chunks in [0, 1, 3, u32::MAX] {
        assert_eq!(field(Commitment { chunks, ..good }), "chunks");
    }
    for chunk_size in [0, 1, 32, 255, 512, 2048, 8192, u32::MAX] {
        assert_eq!(field(Commitment { chunk_size, ..good }), "chunkSize");
    }
    for size in [0, u64::from(MAX_CHUNKS) * 224 + 1, u64::MAX] {
        assert_eq!(field(Commitment { size, ..good }), "size");
    }
    let largest = commitment(B256::repeat_byte(1), MAX_CHUNKS, 256, u64::from(MAX_CHUNKS) * 224);
    largest.check().unwrap();
    assert_eq!(frame::path_len(&largest), 16);
    assert_eq!(frame::count(&largest), 1 << 16);
}

#[test]
fn a_builder_takes_only_whole_frames_and_one_short_end() {
    let mut builder = frame::Builder::new(256).unwrap();
    for bad in [0, 1, 255, 257, 256 * 257] {
        builder.push(&vec![0; bad]).unwrap_err();
    }
    builder.push(&[0; 256 * 256]).unwrap();
    builder.push(&[0; 512]).unwrap();
    builder.push(&[0; 256]).unwrap_err();
    assert_eq!(builder.chunks(), 258);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_frame_proves_itself_and_nothing_else(
        chunks in 1_u32..1500,
        pick in any::<prop::sample::Index>(),
        byte in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let sample = Sample::new(chunks, 256);
        let frames = frame::count(&sample.commitment);
        let index = u32::try_from(pick.index(usize::try_from(frames).unwrap())).unwrap();
        let (bytes, path) = sample.frame(index);
        prop_assert!(frame::verify(&sample.commitment, index, bytes, &path).is_ok());
        let mut bad = bytes.to_vec();
        let at = byte.index(bad.len());
        bad[at] ^= 1 << bit;
        prop_assert!(frame::verify(&sample.commitment, index, &bad, &path).is_err());
        let other = (index + 1) % frames;
        prop_assert!(other == index || frame::verify(&sample.commitment, other, bytes, &path).is_err());
    }

    #[test]
    fn the_chunks_hold_the_size_and_no_chunk_is_spare(size in 1_u64..(1 << 32), which in 0_usize..3) {
        let chunk_size = CHUNK_SIZES[which];
        let (payload, chunks) = (payload(chunk_size).unwrap(), chunks_for(size, chunk_size));
        match chunks {
            Ok(n) => {
                prop_assert!(u64::from(n) * u64::from(payload) >= size);
                prop_assert!(u64::from(n - 1) * u64::from(payload) < size);
            }
            Err(_) => prop_assert!(size > u64::from(MAX_CHUNKS) * u64::from(payload)),
        }
    }
}
