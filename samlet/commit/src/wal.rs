//! Whether SQLite's write-ahead log can be read to its end, or to a last frame that a kill has cut short.
//!
//! SQLite itself takes the first frame with a wrong checksum for the end, and
//! says nothing of those after it. <https://www.sqlite.org/fileformat2.html#walformat>

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// The write-ahead log of a database: SQLite keeps it beside the file.
pub fn log_path(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;

/// The magic number; its last bit says how checksums read their words.
const MAGIC: u32 = 0x377f_0682;

/// The sizes a page may have: the powers of two among them.
const PAGE_BYTES: RangeInclusive<u32> = 512..=65_536;

/// How many frames of the write-ahead log at `path` SQLite would pass over,
/// though they belong to it: after a process was killed there are none.
///
/// The last frame doesn't count: SQLite writes a frame's header and its page one after the other, over what was there
/// in a log before this one, and a kill between the two leaves a frame that is not whole. Frames before it were whole.
pub fn unreadable_frames(path: &Path) -> io::Result<usize> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        file => file?,
    };
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let mut log = BufReader::new(file);
    let mut header = [0; HEADER_BYTES];
    if log.read_exact(&mut header).is_err() {
        return Ok(0);
    }
    let is_big_endian = word(&header, 0) & 1 == 1;
    let page_bytes = word(&header, 8);
    let mut sum = Checksum {
        is_big_endian,
        ..Checksum::default()
    };
    sum.add(&header[..24]);
    let is_whole = word(&header, 0) & !1 == MAGIC
        && PAGE_BYTES.contains(&page_bytes)
        && page_bytes.is_power_of_two()
        && sum.is(&header[24..]);
    if !is_whole {
        // Whatever followed it is out of reach.
        return Ok((length - HEADER_BYTES).div_ceil(*PAGE_BYTES.end() as usize));
    }
    let salts = &header[16..24];
    let mut frame = vec![0; FRAME_HEADER_BYTES + page_bytes as usize];
    let (mut is_broken, mut passed_over) = (false, 0);
    while log.read_exact(&mut frame).is_ok() {
        let is_of_this_log = frame[8..16] == *salts;
        sum.add(&frame[..8]);
        sum.add(&frame[FRAME_HEADER_BYTES..]);
        is_broken |= !is_of_this_log || !sum.is(&frame[16..24]);
        passed_over += usize::from(is_broken && is_of_this_log);
    }
    let is_cut_short = passed_over == 1;
    Ok(if is_cut_short { 0 } else { passed_over })
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_be_bytes(word)
}

#[derive(Default)]
struct Checksum {
    is_big_endian: bool,
    sums: (u32, u32),
}

impl Checksum {
    fn add(&mut self, bytes: &[u8]) {
        let read = |at| match self.is_big_endian {
            true => word(bytes, at),
            false => word(bytes, at).swap_bytes(),
        };
        let (mut a, mut b) = self.sums;
        for at in (0..bytes.len()).step_by(8) {
            a = a.wrapping_add(read(at)).wrapping_add(b);
            b = b.wrapping_add(read(at + 4)).wrapping_add(a);
        }
        self.sums = (a, b);
    }

    fn is(&self, expected: &[u8]) -> bool {
        (word(expected, 0), word(expected, 4)) == self.sums
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rusqlite::Connection;

    const SALTS: [u8; 8] = *b"saltsalt";

    /// A log's header with its checksum, from which those of frames go on.
    fn header(page_bytes: u32, is_big_endian: bool) -> (Vec<u8>, Checksum) {
        let mut sum = Checksum {
            is_big_endian,
            ..Checksum::default()
        };
        let words = [MAGIC | u32::from(is_big_endian), 3_007_000, page_bytes, 0];
        let mut log = words.map(u32::to_be_bytes).concat();
        log.extend(SALTS);
        sum.add(&log);
        log.extend(written(&sum));
        (log, sum)
    }

    fn written(sum: &Checksum) -> Vec<u8> {
        [sum.sums.0, sum.sums.1].map(u32::to_be_bytes).concat()
    }

    /// A log of frames with pages of so many bytes, and right checksums.
    fn log(page_bytes: u32, frames: u8, is_big_endian: bool) -> Vec<u8> {
        let (mut log, mut sum) = header(page_bytes, is_big_endian);
        for frame in 1..=frames {
            let start = [u32::from(frame).to_be_bytes(); 2].concat();
            let page = vec![frame; page_bytes as usize];
            sum.add(&start);
            sum.add(&page);
            log.extend(start);
            log.extend(SALTS);
            log.extend(written(&sum));
            log.extend(page);
        }
        log
    }

    /// Where the page of a frame begins.
    fn page_at(page_bytes: usize, frame: usize) -> usize {
        HEADER_BYTES + (frame - 1) * (FRAME_HEADER_BYTES + page_bytes) + FRAME_HEADER_BYTES
    }

    fn unreadable(log: &[u8]) -> usize {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wal");
        std::fs::write(&path, log).unwrap();
        unreadable_frames(&path).unwrap()
    }

    #[test]
    fn no_log_and_an_empty_one_are_whole() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(unreadable_frames(&folder.path().join("wal")).unwrap(), 0);
        assert_eq!(unreadable(&[]), 0);
        assert_eq!(unreadable(&log(4096, 0, true)), 0);
    }

    #[test]
    fn a_log_that_sqlite_wrote_is_whole_until_a_byte_of_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let connection = Connection::open(&path).unwrap();
        let write = "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1);";
        connection.execute_batch(write).unwrap();
        let mut log = std::fs::read(log_path(&path)).unwrap();
        assert!(log.len() > 4096, "{}", log.len());
        assert_eq!(unreadable(&log), 0);
        let at = page_at(4096, 1) + 100;
        log[at] ^= 1;
        let frames = (log.len() - HEADER_BYTES) / (FRAME_HEADER_BYTES + 4096);
        assert_eq!(unreadable(&log), frames);
    }

    #[test]
    fn what_follows_the_damage_is_counted() {
        for is_big_endian in [false, true] {
            for page_bytes in [512, 4096, 65_536] {
                let whole = log(page_bytes, 5, is_big_endian);
                assert_eq!(unreadable(&whole), 0);
                for frame in 1..=5 {
                    let mut damaged = whole.clone();
                    damaged[page_at(page_bytes as usize, frame) + 7] ^= 0x80;
                    let expected = if frame == 5 { 0 } else { 6 - frame };
                    assert_eq!(unreadable(&damaged), expected, "{page_bytes} {frame}");
                }
            }
        }
    }

    #[test]
    fn frames_of_a_log_before_this_one_and_a_frame_cut_short_do_not_count() {
        let mut old = log(512, 5, true);
        for frame in 3..=5 {
            old[page_at(512, frame) - 16] ^= 1;
        }
        assert_eq!(unreadable(&old), 0);
        let whole = log(512, 5, true);
        assert_eq!(unreadable(&whole[..whole.len() - 1]), 0);
    }

    #[test]
    fn a_frame_over_one_of_a_log_before_this_one_may_be_cut_short_anywhere() {
        let frame_bytes = FRAME_HEADER_BYTES + 512;
        let whole = log(512, 3, true);
        // The one before had five frames, of other salts.
        let mut before = vec![0xaa; HEADER_BYTES + 5 * frame_bytes];
        for cut in HEADER_BYTES..whole.len() {
            before[..cut].copy_from_slice(&whole[..cut]);
            assert_eq!(unreadable(&before), 0, "{cut}");
        }
    }

    #[test]
    fn a_log_whose_header_is_damaged_is_unreadable() {
        for at in 0..HEADER_BYTES {
            let mut damaged = log(512, 5, true);
            damaged[at] ^= 0x10;
            assert!(unreadable(&damaged) > 0, "{at}");
        }
    }

    #[test]
    fn a_log_of_pages_of_an_impossible_size_is_unreadable() {
        // The last one, taken at its word, would ask for 2 GB.
        for page_bytes in [0, 1, 2, 4, 8, 100, 256, 513, 65_535, 131_072, 1 << 31] {
            let (mut log, _) = header(page_bytes, true);
            log.extend([1; 1000]);
            assert!(unreadable(&log) > 0, "{page_bytes}");
        }
    }
}
