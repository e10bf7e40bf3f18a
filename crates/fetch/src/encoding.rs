//! Unpacks what was packed for the way, and bounds what comes out.
//!
//! Promises: no more than the limit is ever held; bytes after the end of a packed body, or an end
//! that is missing, are an error.
//!
//! Not here: lists that are gzip files themselves; only their unpacked size is looked at.

use std::io::{self, Read};

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// Why a body could not be unpacked.
#[derive(Debug)]
pub enum Unpacked {
    /// More than the limit comes out.
    TooLarge,
    /// It is not what its header says, or is not whole.
    Damaged(String),
    /// Packed in a way that was not asked for.
    Unknown(String),
}

/// The body's bytes, unpacked by its `Content-Encoding`.
pub fn unpack(bytes: Vec<u8>, encoding: &str, limit: u64) -> Result<Vec<u8>, Unpacked> {
    match encoding.trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(bytes),
        "gzip" | "x-gzip" => read(MultiGzDecoder::new(bytes.as_slice()), limit),
        // Named `deflate`, it is zlib by RFC 9110, and bare with some servers. Which one, the first byte says.
        "deflate" if bytes.first().is_some_and(|byte| byte & 0x0f == 8) => read(ZlibDecoder::new(&*bytes), limit),
        "deflate" => read(DeflateDecoder::new(&*bytes), limit),
        other => Err(Unpacked::Unknown(other.to_owned())),
    }
}

fn read(packed: impl Read, limit: u64) -> Result<Vec<u8>, Unpacked> {
    let mut out = Vec::new();
    // One more than the limit, to tell a full body from a cut one.
    packed.take(limit.saturating_add(1)).read_to_end(&mut out).map_err(|error| Unpacked::Damaged(error.to_string()))?;
    if out.len() as u64 > limit { Err(Unpacked::TooLarge) } else { Ok(out) }
}

/// Whether a gzip file unpacks to no more than the limit. What is no gzip file does.
pub fn fits(bytes: &[u8], limit: u64) -> Result<(), Unpacked> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(());
    }
    let mut packed = MultiGzDecoder::new(bytes).take(limit.saturating_add(1));
    let count = io::copy(&mut packed, &mut io::sink()).map_err(|error| Unpacked::Damaged(error.to_string()))?;
    if count > limit { Err(Unpacked::TooLarge) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn each_encoding_comes_out_as_it_went_in() {
        let text = b"name\nOrsolya Vanderploeg\n".repeat(50);
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(&text).unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(&text).unwrap();
        let limit = text.len() as u64;
        for (encoding, packed) in [
            ("gzip", gz(&text)),
            ("X-GZIP", gz(&text)),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", bare.finish().unwrap()),
            ("identity", text.clone()),
            ("", text.clone()),
        ] {
            assert_eq!(unpack(packed, encoding, limit).unwrap(), text, "{encoding}");
        }
        assert!(matches!(unpack(text.clone(), "br", limit), Err(Unpacked::Unknown(name)) if name == "br"));
        assert!(matches!(unpack(gz(&text), "gzip", limit - 1), Err(Unpacked::TooLarge)));
    }

    #[test]
    fn a_body_that_is_cut_or_false_is_damaged() {
        let packed = gz(&b"abc".repeat(1000));
        for cut in [1, 9, packed.len() / 2, packed.len() - 1] {
            assert!(matches!(unpack(packed[..cut].to_vec(), "gzip", 1 << 20), Err(Unpacked::Damaged(_))), "{cut}");
        }
        let mut false_sum = packed.clone();
        let at = false_sum.len() - 5;
        false_sum[at] ^= 1;
        assert!(matches!(unpack(false_sum, "gzip", 1 << 20), Err(Unpacked::Damaged(_))));
        assert!(fits(&packed, 3000).is_ok() && matches!(fits(&packed, 2999), Err(Unpacked::TooLarge)));
        assert!(fits(b"no gzip", 1).is_ok());
    }
}
