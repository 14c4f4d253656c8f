//! The one who writes buckets: the lock, what is written when, and the union of folders.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::{Bucket, FINDING, PROGRAM, Reduced, Source, Status, VERSION, WHOLE, load};
use crate::allow::AllowList;
use crate::divergence::Divergence;
use crate::report::write::write_atomically;
use crate::{clock, shell};

/// The file that is locked.
const LOCK: &str = "lock";

/// A program that shows a difference.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Where the sides part.
    pub divergence: Divergence,
    /// The program.
    pub text: Vec<u8>,
    /// Where it came from.
    pub source: Source,
    /// In how many of how many repetitions it showed.
    pub repeated: (u32, u32),
}

/// Whether a signature is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It is, or was fixed and is back.
    First,
    /// It was in the folder before, or was found again.
    Again,
    /// It is allowed.
    Allowed,
}

/// A folder of buckets that this process writes to.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// The folder as command lines name it.
    shown: PathBuf,
    allow: AllowList,
    buckets: BTreeMap<String, Bucket>,
    /// Buckets whose figures are not on the disk yet.
    changed: Vec<String>,
    /// Signatures that were new to this process.
    new: Vec<String>,
    _lock: Lock,
}

/// A file that is locked until this is dropped.
///
/// To close the file isn't enough: a process that another thread starts has it open as well for a
/// moment, and what it has open keeps it locked.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // What can't be unlocked is when the last one closes it.
        let _ = self.0.unlock();
    }
}

impl Store {
    /// Opens a folder, which is made when it isn't there, to add to it what is found; what an
    /// earlier process found is not new any more. `root` is that of the workspace, from
    /// which command lines name programs. The remarks are on what can't be read.
    ///
    /// # Errors
    ///
    /// When another process writes to the folder, or it can't be read or made.
    pub fn open(folder: &Path, root: &Path, allow: AllowList) -> Result<(Self, Vec<String>)> {
        let (mut store, remarks) = Self::open_as_is(folder, root, allow)?;
        for (id, bucket) in &mut store.buckets {
            if bucket.status == Status::New {
                bucket.status = Status::Known;
                store.changed.push(id.clone());
            }
        }
        Ok((store, remarks))
    }

    /// Opens a folder as [`Store::open`] does, for somebody who doesn't look for anything: what
    /// was new stays so.
    ///
    /// # Errors
    ///
    /// See [`Store::open`].
    pub fn open_as_is(folder: &Path, root: &Path, allow: AllowList) -> Result<(Self, Vec<String>)> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let lock = lock(&folder.join(LOCK))?;
        let (buckets, remarks) = load(folder)?;
        let absolute = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let shown = absolute.strip_prefix(root).unwrap_or(&absolute).to_owned();
        let store = Self {
            folder: folder.to_owned(),
            shown,
            allow,
            changed: Vec::new(),
            buckets,
            new: Vec::new(),
            _lock: lock,
        };
        Ok((store, remarks))
    }

    /// Takes a finding. A new one is on the disk when this returns; that an old one was seen
    /// again is, after [`Store::flush`].
    ///
    /// # Errors
    ///
    /// When it can't be written; the message names the file.
    pub fn add(&mut self, finding: &Finding) -> Result<Seen> {
        let now = clock::timestamp(clock::now());
        let id = finding.divergence.signature.id.clone();
        let divergence = std::slice::from_ref(&finding.divergence);
        let is_allowed = self.allow.covering(divergence).is_some();
        if let Some(bucket) = self.buckets.get_mut(&id)
            && bucket.status != Status::Fixed
        {
            bucket.count += 1;
            bucket.last_seen = now;
            self.changed.push(id);
            return Ok(if is_allowed {
                Seen::Allowed
            } else {
                Seen::Again
            });
        }
        let (count, first_seen) = match self.buckets.get(&id) {
            Some(bucket) => (bucket.count + 1, bucket.first_seen.clone()),
            None => (1, now.clone()),
        };
        let program = self.shown.join(&id).join(PROGRAM);
        let bucket = Bucket {
            version: VERSION,
            divergence: finding.divergence.clone(),
            status: if is_allowed {
                Status::Allowed
            } else {
                Status::New
            },
            count,
            repeated: finding.repeated,
            first_seen,
            last_seen: now,
            source: finding.source.clone(),
            reduced: None,
            reproduce: format!(
                "cargo conformance diff {}{}",
                shell::quote(&program.to_string_lossy()),
                if finding.source.after_prelude {
                    " --prelude"
                } else {
                    ""
                }
            ),
        };
        self.write(&bucket, Some(&finding.text), Some(&finding.text))?;
        self.buckets.insert(id.clone(), bucket);
        if is_allowed {
            return Ok(Seen::Allowed);
        }
        self.new.push(id);
        Ok(Seen::First)
    }

    /// Replaces the program of a bucket by a smaller one that shows the same, as said in
    /// `divergence`.
    ///
    /// # Errors
    ///
    /// When it can't be written; the message names the file.
    pub fn reduced(
        &mut self,
        id: &str,
        text: &[u8],
        divergence: Option<Divergence>,
        reduced: Reduced,
    ) -> Result<()> {
        let Some(bucket) = self.buckets.get_mut(id) else {
            bail!("there is no bucket {id} to hold the smaller program");
        };
        bucket.reduced = Some(reduced);
        if let Some(divergence) = divergence {
            bucket.divergence = divergence;
        }
        let bucket = bucket.clone();
        self.write(&bucket, Some(text), None)
    }

    /// Says what a new look at a bucket gave.
    pub fn set_status(&mut self, id: &str, status: Status) {
        if let Some(bucket) = self.buckets.get_mut(id)
            && bucket.status != status
        {
            bucket.status = status;
            self.changed.push(id.to_owned());
        }
    }

    /// Writes the figures that have changed.
    ///
    /// # Errors
    ///
    /// When one can't be written; the message names the file.
    pub fn flush(&mut self) -> Result<()> {
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort();
        changed.dedup();
        for id in changed {
            if let Some(bucket) = self.buckets.get(&id) {
                self.write(bucket, None, None)?;
            }
        }
        Ok(())
    }

    /// Takes over the buckets of another folder: figures are added, and of two programs the
    /// shorter one is kept.
    ///
    /// # Errors
    ///
    /// When the other folder can't be read, or this one not be written.
    pub fn merge(&mut self, other: &Path) -> Result<Vec<String>> {
        if !other.is_dir() {
            bail!("{}: no such folder", other.display());
        }
        let (buckets, remarks) = load(other)?;
        for (id, theirs) in buckets {
            let folder = other.join(&id);
            let read = |name: &str| {
                let path = folder.join(name);
                fs::read(&path).with_context(|| path.display().to_string())
            };
            let their_program = read(PROGRAM)?;
            let Some(ours) = self.buckets.get(&id) else {
                self.write(&theirs, Some(&their_program), Some(&read(WHOLE)?))?;
                self.buckets.insert(id, theirs);
                continue;
            };
            let path = self.folder.join(&id).join(PROGRAM);
            let our_length = fs::metadata(&path).map_or(u64::MAX, |file| file.len());
            let is_shorter = u64::try_from(their_program.len()).is_ok_and(|len| len < our_length);
            let mut merged = if is_shorter {
                theirs.clone()
            } else {
                ours.clone()
            };
            merged.count = ours.count.saturating_add(theirs.count);
            merged.first_seen = ours.first_seen.clone().min(theirs.first_seen);
            merged.last_seen = ours.last_seen.clone().max(theirs.last_seen);
            merged.status = ours.status.min(theirs.status);
            merged.reproduce.clone_from(&ours.reproduce);
            self.write(
                &merged,
                is_shorter.then_some(their_program.as_slice()),
                None,
            )?;
            self.buckets.insert(id, merged);
        }
        Ok(remarks)
    }

    /// The entries of the allow list that a bucket is covered by.
    pub fn allowed_by(&self, bucket: &Bucket) -> Option<Vec<String>> {
        self.allow
            .covering(std::slice::from_ref(&bucket.divergence))
    }

    /// All buckets by the ids of their signatures.
    pub fn buckets(&self) -> &BTreeMap<String, Bucket> {
        &self.buckets
    }

    /// The signatures that were new.
    pub fn new_signatures(&self) -> &[String] {
        &self.new
    }

    /// The smallest program of a bucket.
    ///
    /// # Errors
    ///
    /// When it can't be read; the message names the file.
    pub fn program(&self, id: &str) -> Result<Vec<u8>> {
        let path = self.program_path(id);
        fs::read(&path).with_context(|| path.display().to_string())
    }

    /// The file of that program.
    pub fn program_path(&self, id: &str) -> PathBuf {
        self.folder.join(id).join(PROGRAM)
    }

    fn write(&self, bucket: &Bucket, program: Option<&[u8]>, whole: Option<&[u8]>) -> Result<()> {
        let folder = self.folder.join(bucket.id());
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        for (name, text) in [(WHOLE, whole), (PROGRAM, program)] {
            if let Some(text) = text {
                write_atomically(&folder.join(name), text)?;
            }
        }
        let mut json = serde_json::to_vec_pretty(bucket)?;
        json.push(b'\n');
        write_atomically(&folder.join(FINDING), &json)
    }
}

/// Locks a file, or says who has locked it.
fn lock(path: &Path) -> Result<Lock> {
    let named = || path.display().to_string();
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
        .with_context(named)?;
    match file.try_lock() {
        Ok(()) => {
            // For whoever finds it locked; without it all works as well.
            let _ = file.set_len(0);
            let _ = write!(file, "{}", std::process::id());
            Ok(Lock(file))
        }
        Err(TryLockError::WouldBlock) => {
            let owner = fs::read_to_string(path).unwrap_or_default();
            bail!(
                "{} is locked: process {} writes to this folder; wait for it, or name another \
                 folder and put them together with `cargo conformance triage --merge`",
                path.display(),
                owner.trim()
            )
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(named),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::channel::{ChannelName, Stream};
    use crate::corpus::header::EntryOrigin;
    use crate::divergence::{Cause, Signature};

    fn finding(what: &str, text: &str) -> Finding {
        let (channel, stream, cause) = (ChannelName::Output, Stream::Stdout, Cause::Differs);
        Finding {
            divergence: Divergence {
                channel,
                stream,
                cause,
                line: Some(1),
                left: Some(what.to_owned()),
                right: None,
                excerpt: Vec::new(),
                signature: Signature::new(channel, stream, cause, Some(what), None),
            },
            text: text.into(),
            source: Source {
                origin: EntryOrigin::Generated,
                seed: Some(7),
                mode: Some("total".to_owned()),
                after_prelude: false,
            },
            repeated: (3, 3),
        }
    }

    fn open(folder: &Path) -> Store {
        let (store, remarks) = Store::open(folder, folder, AllowList::default()).unwrap();
        assert!(remarks.is_empty(), "{remarks:?}");
        store
    }

    #[test]
    fn what_is_found_is_on_the_disk_at_once_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path());
        let first = finding("x", "print(1, 2)");
        let id = first.divergence.signature.id.clone();
        assert_eq!(store.add(&first).unwrap(), Seen::First);
        // As if the process were killed here.
        let (buckets, _) = load(folder.path()).unwrap();
        assert_eq!((buckets[&id].count, buckets[&id].status), (1, Status::New));
        assert_eq!(store.add(&first).unwrap(), Seen::Again);
        let reduced = Reduced {
            is_complete: true,
            examined: 9,
            seconds: 0.5,
        };
        store.reduced(&id, b"print(1)", None, reduced).unwrap();
        assert_eq!(store.new_signatures(), std::slice::from_ref(&id));
        store.flush().unwrap();
        drop(store);

        let mut store = open(folder.path());
        assert_eq!(store.program(&id).unwrap(), b"print(1)");
        let whole = fs::read(folder.path().join(&id).join(WHOLE)).unwrap();
        assert_eq!(whole, b"print(1, 2)");
        assert_eq!(store.buckets()[&id].status, Status::Known);
        assert_eq!(store.buckets()[&id].count, 2);
        assert_eq!(store.add(&first).unwrap(), Seen::Again);
        assert!(store.new_signatures().is_empty());
        // What was fixed and is back is new.
        store.set_status(&id, Status::Fixed);
        assert_eq!(store.add(&first).unwrap(), Seen::First);
        assert_eq!(store.buckets()[&id].count, 4);
    }

    #[test]
    fn one_process_writes_to_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let second = Store::open(folder.path(), folder.path(), AllowList::default());
        let message = second.unwrap_err().to_string();
        let process = format!("process {} writes", std::process::id());
        assert!(message.contains(&process), "{message}");
        drop(store);
        open(folder.path());
    }

    #[test]
    fn a_folder_is_free_while_another_process_starts() {
        let folder = tempfile::tempdir().unwrap();
        let held = lock(&folder.path().join(LOCK)).unwrap();
        // What such a process has of it.
        let inherited = held.0.try_clone().unwrap();
        drop(held);
        open(folder.path());
        drop(inherited);
    }

    #[test]
    fn folders_are_put_together_by_signature() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut other = open(two.path());
        other.add(&finding("x", "short")).unwrap();
        other.add(&finding("y", "only here")).unwrap();
        drop(other);
        let mut store = open(one.path());
        let both = finding("x", "much longer");
        let id = both.divergence.signature.id.clone();
        store.add(&both).unwrap();
        store.merge(two.path()).unwrap();
        assert_eq!(store.buckets().len(), 2);
        assert_eq!(store.buckets()[&id].count, 2);
        assert_eq!(store.program(&id).unwrap(), b"short");
        drop(store);
        assert_eq!(load(one.path()).unwrap().0.len(), 2);
        let mut store = open(one.path());
        let error = store.merge(&one.path().join("nowhere")).unwrap_err();
        assert!(error.to_string().contains("nowhere: no such folder"));
    }

    #[test]
    fn what_cannot_be_read_or_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path());
        let found = finding("x", "print(1)");
        let id = found.divergence.signature.id.clone();
        store.add(&found).unwrap();
        drop(store);
        let path = folder.path().join(&id).join(FINDING);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let (mut store, remarks) =
            Store::open(folder.path(), folder.path(), AllowList::default()).unwrap();
        assert!(
            remarks[0].contains("finding.json: not a finding"),
            "{remarks:?}"
        );
        // It is found again, and described again.
        assert_eq!(store.add(&found).unwrap(), Seen::First);
        drop(store);
        assert!(load(folder.path()).unwrap().1.is_empty());

        let full = tempfile::tempdir().unwrap();
        let mut store = open(full.path());
        symlink("/dev/full", full.path().join(&id)).unwrap();
        let error = format!("{:#}", store.add(&found).unwrap_err());
        assert!(error.contains(&id), "{error}");
        assert!(store.buckets().is_empty());
    }
}
