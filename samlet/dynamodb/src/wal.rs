//! Whether SQLite's write-ahead log can be read to its end.
//!
//! SQLite itself takes the first frame with a wrong checksum for the end, and
//! says nothing of those after it. <https://www.sqlite.org/fileformat2.html#walformat>

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;

/// The magic number; its last bit says how checksums read their words.
const MAGIC: u32 = 0x377f_0682;

const MAX_PAGE_BYTES: u32 = 65_536;

/// How many frames SQLite would pass over that belong to this log: after a
/// process was killed there are none.
pub(crate) fn unreadable_frames(path: &Path) -> io::Result<usize> {
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
        && page_bytes.is_power_of_two()
        && page_bytes <= MAX_PAGE_BYTES
        && sum.is(&header[24..]);
    if !is_whole {
        // Whatever followed it is out of reach.
        return Ok((length - HEADER_BYTES).div_ceil(MAX_PAGE_BYTES as usize));
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
    Ok(passed_over)
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
