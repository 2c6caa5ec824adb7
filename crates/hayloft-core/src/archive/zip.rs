//! The records of a ZIP: stored entries, UTF-8 names, 64-bit fields only where needed.
//!
//! Libraries write an archive as its contents are read; here its length and every byte of its
//! records must be known before that, hence our own writer of four small records.
//!
//! # Source
//! PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 to 4.5; Info-ZIP's extended timestamp (`UT`).

use time::OffsetDateTime;

use crate::BlobId;

/// The longest name a record can hold.
pub(super) const NAME_BYTES_MAX: usize = u16::MAX as usize;

/// A 32-bit field that says: see the 64-bit one.
const SEE_64: u32 = u32::MAX;
const LOCAL_BYTES: u64 = 30;
const CENTRAL_BYTES: u64 = 46;
const TIMESTAMP_BYTES: u64 = 9;
/// Bit 11: the name is UTF-8.
const UTF_8: u16 = 1 << 11;
/// Made on Unix (3, so that file modes count) by version 4.5 of the format (45).
const MADE_BY: u16 = 0x032d;
const VERSION_FOLDERS: u16 = 20;
const VERSION_64: u16 = 45;

/// A file or folder of an archive.
#[derive(Debug)]
pub(super) struct Entry {
    /// With `/` between folders, and at the end of a folder's.
    pub(super) name: Box<str>,
    /// The name in the code page 866, which old programs on Windows expect; none for UTF-8.
    pub(super) cp866: Option<Box<[u8]>>,
    pub(super) modified_s: i64,
    pub(super) size: u64,
    pub(super) crc32: u32,
    /// None for a folder.
    pub(super) blob: Option<BlobId>,
    /// Where its local record begins.
    pub(super) offset: u64,
}

impl Entry {
    fn is_big(&self) -> bool {
        self.size >= u64::from(SEE_64)
    }

    fn is_far(&self) -> bool {
        self.offset >= u64::from(SEE_64)
    }

    /// Seconds since 1970, where they fit the field.
    fn timestamp(&self) -> Option<i32> {
        i32::try_from(self.modified_s).ok()
    }

    fn timestamp_len(&self) -> u64 {
        if self.timestamp().is_some() { TIMESTAMP_BYTES } else { 0 }
    }

    fn name_bytes(&self) -> &[u8] {
        self.cp866.as_deref().unwrap_or(self.name.as_bytes())
    }

    fn name_len(&self) -> u64 {
        self.name_bytes().len() as u64
    }

    /// The length of the record before the content.
    pub(super) fn local_len(&self) -> u64 {
        let sizes = if self.is_big() { 4 + 16 } else { 0 };
        LOCAL_BYTES + self.name_len() + self.timestamp_len() + sizes
    }

    /// The length of the record in the directory at the end.
    pub(super) fn central_len(&self) -> u64 {
        let big = if self.is_big() { 16 } else { 0 };
        let far = if self.is_far() { 8 } else { 0 };
        let sizes = if big + far > 0 { 4 + big + far } else { 0 };
        CENTRAL_BYTES + self.name_len() + self.timestamp_len() + sizes
    }

    /// Where its content ends, and the next record begins.
    pub(super) fn end(&self) -> u64 {
        self.offset + self.local_len() + self.size
    }

    fn version(&self) -> u16 {
        if self.is_big() || self.is_far() { VERSION_64 } else { VERSION_FOLDERS }
    }

    /// The fields that both records have, from the version to the length of the extra fields.
    fn common(&self, record: &mut Vec<u8>, extra_len: u64) {
        let (date, time) = dos_date_time(self.modified_s);
        let size = if self.is_big() { SEE_64 } else { low32(self.size) };
        put16(record, self.version());
        put16(record, if self.cp866.is_none() { UTF_8 } else { 0 });
        put16(record, 0); // stored
        put16(record, time);
        put16(record, date);
        put32(record, self.crc32);
        put32(record, size);
        put32(record, size);
        put16(record, low16(self.name_len()));
        put16(record, low16(extra_len));
    }

    fn timestamp_field(&self, record: &mut Vec<u8>) {
        if let Some(seconds) = self.timestamp() {
            put16(record, 0x5455);
            put16(record, 5);
            record.push(1); // the time of modification only
            record.extend_from_slice(&seconds.to_le_bytes());
        }
    }

    /// The record before the content.
    pub(super) fn local(&self) -> Vec<u8> {
        let mut record = Vec::with_capacity(low16(self.local_len()).into());
        put32(&mut record, 0x0403_4b50);
        self.common(&mut record, self.local_len() - LOCAL_BYTES - self.name_len());
        record.extend_from_slice(self.name_bytes());
        self.timestamp_field(&mut record);
        if self.is_big() {
            put16(&mut record, 1);
            put16(&mut record, 16);
            put64(&mut record, self.size);
            put64(&mut record, self.size);
        }
        debug_assert_eq!(record.len() as u64, self.local_len());
        record
    }

    /// The record in the directory at the end.
    pub(super) fn central(&self, record: &mut Vec<u8>) {
        let start = record.len() as u64;
        put32(record, 0x0201_4b50);
        put16(record, MADE_BY);
        self.common(record, self.central_len() - CENTRAL_BYTES - self.name_len());
        put16(record, 0); // no comment
        put16(record, 0); // the first disk
        put16(record, 0);
        let mode: u32 = if self.blob.is_none() { 0o040_755 << 16 | 0x10 } else { 0o100_644 << 16 };
        put32(record, mode);
        put32(record, if self.is_far() { SEE_64 } else { low32(self.offset) });
        record.extend_from_slice(self.name_bytes());
        self.timestamp_field(record);
        self.central_field_64(record);
        debug_assert_eq!(record.len() as u64 - start, self.central_len());
    }

    fn central_field_64(&self, record: &mut Vec<u8>) {
        let numbers: &[u64] = match (self.is_big(), self.is_far()) {
            (false, false) => return,
            (true, false) => &[self.size, self.size],
            (false, true) => &[self.offset],
            (true, true) => &[self.size, self.size, self.offset],
        };
        put16(record, 1);
        put16(record, low16(8 * numbers.len() as u64));
        for number in numbers {
            put64(record, *number);
        }
    }
}

/// The records at the very end, for a directory of `count` entries from `start` to `end`.
pub(super) fn end_records(count: u64, start: u64, end: u64) -> Vec<u8> {
    let len = end - start;
    let mut record = Vec::with_capacity(98);
    if count >= u64::from(u16::MAX) || len >= u64::from(SEE_64) || start >= u64::from(SEE_64) {
        put32(&mut record, 0x0606_4b50);
        put64(&mut record, 44); // what follows of this record
        put16(&mut record, MADE_BY);
        put16(&mut record, VERSION_64);
        put32(&mut record, 0);
        put32(&mut record, 0);
        put64(&mut record, count);
        put64(&mut record, count);
        put64(&mut record, len);
        put64(&mut record, start);
        put32(&mut record, 0x0706_4b50);
        put32(&mut record, 0);
        put64(&mut record, end);
        put32(&mut record, 1); // disks
    }
    let count = u16::try_from(count).unwrap_or(u16::MAX);
    put32(&mut record, 0x0605_4b50);
    put16(&mut record, 0);
    put16(&mut record, 0);
    put16(&mut record, count);
    put16(&mut record, count);
    put32(&mut record, low32(len));
    put32(&mut record, low32(start));
    put16(&mut record, 0); // no comment
    record
}

/// The time as MS-DOS kept it, in UTC and even seconds, from 1980 to 2107.
fn dos_date_time(seconds: i64) -> (u16, u16) {
    const FIRST: (u16, u16) = (0x0021, 0);
    const LAST: (u16, u16) = (0xff9f, 0xbf7d);
    let Ok(at) = OffsetDateTime::from_unix_timestamp(seconds) else {
        return if seconds < 0 { FIRST } else { LAST };
    };
    let Ok(year) = u16::try_from(at.year() - 1980) else { return FIRST };
    if year > 127 {
        return LAST;
    }
    let date = year << 9 | u16::from(u8::from(at.month())) << 5 | u16::from(at.day());
    let time =
        u16::from(at.hour()) << 11 | u16::from(at.minute()) << 5 | u16::from(at.second() / 2);
    (date, time)
}

fn low16(number: u64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

fn low32(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(SEE_64)
}

fn put16(record: &mut Vec<u8>, number: u16) {
    record.extend_from_slice(&number.to_le_bytes());
}

fn put32(record: &mut Vec<u8>, number: u32) {
    record.extend_from_slice(&number.to_le_bytes());
}

fn put64(record: &mut Vec<u8>, number: u64) {
    record.extend_from_slice(&number.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_outside_of_what_dos_knew_is_the_nearest_it_knew() {
        // 2024-01-31 10:15:31 UTC
        assert_eq!(dos_date_time(1_706_696_131), (44 << 9 | 1 << 5 | 31, 10 << 11 | 15 << 5 | 15));
        assert_eq!(dos_date_time(0), (33, 0));
        assert_eq!(dos_date_time(-1), (33, 0));
        assert_eq!(dos_date_time(i64::MIN), (33, 0));
        assert_eq!(dos_date_time(i64::MAX), dos_date_time(4_354_819_198));
    }
}
