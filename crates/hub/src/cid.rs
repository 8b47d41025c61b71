//! Addresses of contents in IPFS.

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

/// CID of version 1 of a single raw block: version, codec `raw`, hash function SHA-256 with 32 bytes.
const PREFIX: [u8; 4] = [0x01, 0x55, 0x12, 0x20];

/// The address of `content`, whether anybody has pinned it or not.
pub fn of(content: &[u8]) -> String {
    let bytes = [PREFIX.as_slice(), &Sha256::digest(content)].concat();
    format!("b{}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    #[test]
    fn addresses_are_those_of_ipfs() {
        // `ipfs add --cid-version=1 --raw-leaves` of the text.
        assert_eq!(super::of(b"hello world"), "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
    }
}
