//! Receiving a document: frames in order, each proved before it is written.
//!
//! Beside the chunks so far, one hash per frame is kept. After a crash both are read again and whatever
//! does not agree is cut off, so a torn or lost write costs the frames it hit and nothing else.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    sync::{Arc, Mutex, PoisonError},
};

use quittance_domain::{
    B256, Error, Result,
    document::{Commitment, frame, merkle::Tree},
};

use super::{Claim, Frame, Vault, add::bytes, blocking, disk};

/// A document on its way in. What it has is kept when it is dropped, and found again by
/// [`Vault::receive`].
#[derive(Debug)]
pub struct Incoming {
    commitment: Commitment,
    next: u32,
    part: Arc<Mutex<Part>>,
}

impl Vault {
    /// Starts or continues to receive a document.
    ///
    /// # Errors
    /// When it is here already, is being received by somebody else, or is larger than the limit.
    pub async fn receive(&self, commitment: &Commitment) -> Result<Incoming> {
        commitment.check()?;
        self.check_size(commitment.size)?;
        if self.has(commitment).await {
            return Err(Error::conflict("the document is on this node already"));
        }
        let (vault, commitment) = (self.clone(), *commitment);
        let part = blocking(move || Part::open(&vault, commitment)).await?;
        let next = part.next();
        Ok(Incoming { commitment, next, part: Arc::new(Mutex::new(part)) })
    }
}

impl Incoming {
    /// The frame that is wanted next; as many frames are here.
    #[must_use]
    pub const fn next(&self) -> u32 {
        self.next
    }

    /// How many frames there are in all.
    #[must_use]
    pub const fn frames(&self) -> u32 {
        frame::count(&self.commitment)
    }

    /// How many of the document's own bytes are here.
    #[must_use]
    pub fn received(&self) -> u64 {
        frame::data_before(&self.commitment, self.next)
    }

    /// Checks the next frame and writes it.
    ///
    /// # Errors
    /// [`quittance_domain::Kind::Invalid`] when the frame is not the next or does not belong to the
    /// document, and nothing is written; another kind when the disk refuses.
    pub async fn append(&mut self, frame: Frame) -> Result<()> {
        let part = Arc::clone(&self.part);
        let append = move || part.lock().unwrap_or_else(PoisonError::into_inner).append(&frame);
        self.next = blocking(append).await?;
        Ok(())
    }

    /// Puts the complete document where it is found.
    ///
    /// # Errors
    /// When frames are missing or the disk refuses.
    pub async fn finish(self) -> Result<()> {
        let part = self.part;
        blocking(move || part.lock().unwrap_or_else(PoisonError::into_inner).finish()).await
    }
}

#[derive(Debug)]
struct Part {
    commitment: Commitment,
    chunks: File,
    journal: File,
    roots: Vec<B256>,
    claim: Claim,
}

impl Part {
    fn open(vault: &Vault, commitment: Commitment) -> Result<Self> {
        let claim = Claim::new(&vault.inner, commitment.root)?;
        let open = |ending| {
            let path = vault.inner.path(commitment.root, ending);
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path).map_err(disk)
        };
        let (chunks, journal) = (open("part")?, open("roots")?);
        let mut part = Self { commitment, chunks, journal, roots: Vec::new(), claim };
        while let Some(root) = part.recall() {
            part.roots.push(root);
        }
        part.chunks.set_len(frame::offset(&commitment, part.next())).map_err(disk)?;
        part.journal.set_len(u64::from(part.next()) * 32).map_err(disk)?;
        Ok(part)
    }

    fn next(&self) -> u32 {
        u32::try_from(self.roots.len()).unwrap_or(u32::MAX)
    }

    /// The next frame's hash, if the frame is on the disk as it was when it was proved.
    fn recall(&self) -> Option<B256> {
        let next = self.next();
        let mut noted = B256::ZERO;
        self.journal.read_exact_at(&mut noted[..], u64::from(next) * 32).ok()?;
        let mut chunks = vec![0; bytes(frame::len(&self.commitment, next))];
        self.chunks.read_exact_at(&mut chunks, frame::offset(&self.commitment, next)).ok()?;
        let whole = next < frame::count(&self.commitment)
            && frame::root(next, &chunks, self.commitment.chunk_size) == noted;
        whole.then_some(noted)
    }

    fn append(&mut self, frame: &Frame) -> Result<u32> {
        let next = self.next();
        if frame.index != next {
            return Err(Error::invalid(format!("must be {next}, the next frame")).field("index"));
        }
        let root = frame::verify(&self.commitment, next, &frame.chunks, &frame.path)?;
        self.chunks.write_all_at(&frame.chunks, frame::offset(&self.commitment, next)).map_err(disk)?;
        self.journal.write_all_at(&root[..], u64::from(next) * 32).map_err(disk)?;
        self.roots.push(root);
        Ok(next + 1)
    }

    fn finish(&mut self) -> Result<()> {
        let (inner, root) = (&self.claim.inner, self.commitment.root);
        if self.next() != frame::count(&self.commitment) {
            return Err(Error::conflict("some of the document's frames are missing"));
        }
        let tree = Tree::over(self.roots.clone(), frame::FRAME_HEIGHT);
        if tree.root() != root {
            // Hashes of what was proved no longer lead to the root: the notes were changed on the disk.
            self.journal.set_len(0).map_err(disk)?;
            return Err(Error::internal("notes on received frames have changed on the disk"));
        }
        inner.write_tree(&tree)?;
        self.chunks.sync_all().map_err(disk)?;
        fs::rename(inner.path(root, "part"), inner.path(root, "chunks")).map_err(disk)?;
        fs::remove_file(inner.path(root, "roots")).map_err(disk)?;
        inner.sync()
    }
}
