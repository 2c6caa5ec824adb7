//! From the bytes of a picture to the bytes of a small one.

use std::{
    io::Cursor,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use fast_image_resize::Resizer;
use image::{
    DynamicImage, ImageDecoder as _, ImageEncoder as _, ImageError, ImageReader, Limits, Rgb,
    RgbImage, codecs::jpeg::JpegEncoder, metadata::Orientation,
};

use super::Fit;

/// The most pixels that are decoded: more than phones take, far less than a small file can claim.
const PIXELS_MAX: u64 = 100_000_000;
/// The most memory that a decoder may take, in bytes.
const DECODED_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Larger ones are decoded one at a time: each holds some hundred megabytes.
const LARGE_BYTES: u64 = 64 * 1024 * 1024;
static LARGE: Mutex<()> = Mutex::new(());
/// Hardly told from the original, at a fifth of the size of the best.
const QUALITY: u8 = 82;
/// Colour profiles above this, such as those of printers, are not carried over.
const PROFILE_BYTES_MAX: usize = 4096;

/// Why a picture cannot be made small.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    /// It is of a format that is not known here.
    #[error("a format that is not known")]
    Format,
    /// It is not what it should be.
    #[error("{0}")]
    Damaged(String),
    /// It would take too much memory.
    #[error("too many pixels")]
    Large,
}

impl From<ImageError> for Unfit {
    fn from(err: ImageError) -> Self {
        match err {
            ImageError::Unsupported(_) => Self::Format,
            ImageError::Limits(_) => Self::Large,
            other => Self::Damaged(other.to_string()),
        }
    }
}

/// A picture of any format as a JPEG that fits into a box.
pub(super) fn shrink(source: &[u8], fit: Fit) -> Result<Bytes, Unfit> {
    let mut opened = ImageReader::new(Cursor::new(source))
        .with_guessed_format()
        .map_err(|err| Unfit::Damaged(err.to_string()))?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    opened.limits(limits);
    let mut decoder = opened.into_decoder()?;
    let (width, height) = decoder.dimensions();
    let decoded_bytes = decoder.total_bytes();
    if u64::from(width) * u64::from(height) > PIXELS_MAX || decoded_bytes > DECODED_BYTES_MAX {
        return Err(Unfit::Large);
    }
    let _alone =
        (decoded_bytes > LARGE_BYTES).then(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner));
    // Both are extras: a picture with damaged ones is still a picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten().filter(|profile| is_carried(profile));
    let picture = DynamicImage::from_decoder(decoder)?;
    let fit = if is_turned(orientation) { turned(fit) } else { fit };
    let mut small = DynamicImage::ImageRgb8(flat(scaled(picture, fit.size_of(width, height))?));
    small.apply_orientation(orientation);
    encode(&small, profile)
}

fn turned(fit: Fit) -> Fit {
    Fit { width: fit.height, height: fit.width }
}

fn is_turned(orientation: Orientation) -> bool {
    orientation.to_exif() >= 5
}

fn scaled(picture: DynamicImage, (width, height): (u32, u32)) -> Result<DynamicImage, Unfit> {
    let (picture, mut small) = if picture.color().has_alpha() {
        (DynamicImage::from(picture.into_rgba8()), DynamicImage::new_rgba8(width, height))
    } else {
        (DynamicImage::from(picture.into_rgb8()), DynamicImage::new_rgb8(width, height))
    };
    if (picture.width(), picture.height()) == (width, height) {
        return Ok(picture);
    }
    let resized = Resizer::new().resize(&picture, &mut small, None);
    resized.map_err(|err| Unfit::Damaged(err.to_string()))?;
    Ok(small)
}

/// JPEG knows no transparency: what shines through is white.
fn flat(picture: DynamicImage) -> RgbImage {
    let DynamicImage::ImageRgba8(layered) = picture else { return picture.into_rgb8() };
    let mut flat = RgbImage::new(layered.width(), layered.height());
    for (below, above) in flat.pixels_mut().zip(layered.pixels()) {
        let [red, green, blue, alpha] = above.0.map(u16::from);
        let mixed = |colour: u16| {
            u8::try_from((colour * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
        };
        *below = Rgb([mixed(red), mixed(green), mixed(blue)]);
    }
    flat
}

/// A profile means the colours of the preview as well if it is one of red, green and blue.
fn is_carried(profile: &[u8]) -> bool {
    profile.len() <= PROFILE_BYTES_MAX && profile.get(16..20) == Some(b"RGB ")
}

fn encode(picture: &DynamicImage, profile: Option<Vec<u8>>) -> Result<Bytes, Unfit> {
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile).map_err(|err| Unfit::Damaged(err.to_string()))?;
    }
    encoder.encode_image(picture)?;
    Ok(jpeg.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::samples;

    #[test]
    fn a_picture_is_fitted_into_its_box_and_never_grows() {
        let fitted = |(wide, high), width, height| Fit { width, height }.size_of(wide, high);
        assert_eq!(fitted((4000, 3000), 800, 800), (800, 600));
        assert_eq!(fitted((3000, 4000), 800, 800), (600, 800));
        assert_eq!(fitted((4000, 3000), 160, 120), (160, 120));
        assert_eq!(fitted((100, 50), 800, 800), (100, 50));
        assert_eq!(fitted((100, 50), 800, 25), (50, 25));
        assert_eq!(fitted((10_000, 1), 96, 96), (96, 1));
        assert_eq!(fitted((1, u32::MAX), 96, 96), (1, 96));
    }
    proptest! {
        /// Whatever somebody does to a picture, making it small ends, and without a panic.
        #[test]
        fn no_picture_breaks_a_decoder(
            is_photo: bool,
            kept in 1..2000_usize,
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        ) {
            let whole = if is_photo { samples::PHOTO } else { samples::CLEAR };
            let mut source = whole[..kept.min(whole.len())].to_vec();
            for (at, byte) in changes {
                let at = at.index(source.len());
                source[at] = byte;
            }
            if let Ok(small) = shrink(&source, Fit { width: 8, height: 8 }) {
                prop_assert!(small.starts_with(b"\xff\xd8"));
            }
        }
    }
}
