//! One step of phase 2: δ is multiplied by a secret, and L and H are divided by it.
//!
//! ```text
//!     δ' = x δ      L'_j = L_j / x      H'_i = H_i / x
//! ```
//!
//! The secret leaves this module in no form: not in a file, an error or a return value. It is worth as much as the
//! participant's machine; one honest participant is enough.

use std::path::Path;

use ark_bn254::G1Affine;
use ark_ec::CurveGroup;
use ark_ff::Field;
use rand_chacha::ChaCha20Rng;

use crate::combine::multiply;
use crate::parameters::{Beacon, MAX_NAME_BYTES, Parameters};
use crate::randomness;
use crate::sections::SectionWriter;
use crate::zkey::{self, Contribution, Contributions, Zkey};
use crate::{Error, Stage};

/// Adds a participant's contribution; `entropy` is mixed with randomness of the operating system.
///
/// # Errors
/// [`Error::NameInvalid`], [`crate::FileFault::Exists`] unless `force`, and what the files refuse.
pub fn contribute(
    key: &Zkey,
    path: &Path,
    name: &str,
    entropy: &[u8],
    force: bool,
    stage: Stage<'_>,
) -> Result<Contribution, Error> {
    let parameters = Parameters { name: Some(checked(name)?), beacon: None };
    add(key, path, &mut randomness::secret_generator(entropy), parameters, force, stage)
}

/// Adds a public random value, the last step of a ceremony: nobody could choose the key's last secret.
///
/// # Errors
/// [`Error::NameInvalid`], [`Error::BeaconInvalid`], [`crate::FileFault::Exists`] unless `force`, and what the files
/// refuse.
pub fn add_beacon(
    key: &Zkey,
    path: &Path,
    name: &str,
    beacon: Beacon,
    force: bool,
    stage: Stage<'_>,
) -> Result<Contribution, Error> {
    beacon.check()?;
    let mut rng = randomness::beacon_generator(&beacon.value, beacon.log_iterations);
    let parameters = Parameters { name: Some(checked(name)?), beacon: Some(beacon) };
    add(key, path, &mut rng, parameters, force, stage)
}

fn checked(name: &str) -> Result<String, Error> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        return Err(Error::NameInvalid { max: MAX_NAME_BYTES, actual: name.len() });
    }
    Ok(name.to_owned())
}

/// What a contribution is made of: drawn in this order.
pub(crate) fn draw(rng: &mut ChaCha20Rng) -> (ark_bn254::Fr, G1Affine, G1Affine) {
    let secret = randomness::scalar(rng);
    let g1_s = randomness::g1(rng);
    (secret, g1_s, (g1_s * secret).into_affine())
}

fn add(
    key: &Zkey,
    path: &Path,
    rng: &mut ChaCha20Rng,
    parameters: Parameters,
    force: bool,
    stage: Stage<'_>,
) -> Result<Contribution, Error> {
    let (secret, g1_s, g1_sx) = draw(rng);
    let inverse = secret.inverse().ok_or(Error::BeaconInvalid("the secret that it gives is 0"))?;
    let Contributions { circuit_hash, mut list } = key.contributions().clone();
    let transcript = key.contributions().transcript(list.len(), &g1_s, &g1_sx);
    let g2_spx = (randomness::hash_to_g2(&transcript) * secret).into_affine();
    let mut header = key.header().clone();
    header.delta_g1 = (header.delta_g1 * secret).into_affine();
    header.delta_g2 = (header.delta_g2 * secret).into_affine();
    let contribution = Contribution { delta_after: header.delta_g1, g1_s, g1_sx, g2_spx, transcript, parameters };

    let mut writer = SectionWriter::create(path, zkey::MAGIC, zkey::NUM_SECTIONS, force)?;
    header.write(&mut writer)?;
    let file = key.file();
    for section in [zkey::IC, zkey::ENTRIES, zkey::A, zkey::B_G1, zkey::B_G2] {
        file.copy(section, &mut writer)?;
    }
    let witness = header.num_variables() - header.num_leading();
    for (section, count, name) in
        [(zkey::L, witness, "dividing L by the secret"), (zkey::H, header.domain_size(), "dividing H by the secret")]
    {
        stage(name);
        writer.begin(section)?;
        file.for_points::<G1Affine>(section, 0, count, |points| writer.points(&multiply(points, &inverse)))?;
        writer.end()?;
    }
    list.push(contribution.clone());
    writer.section(zkey::CONTRIBUTIONS, &Contributions { circuit_hash, list }.to_bytes())?;
    writer.finish()?;
    Ok(contribution)
}
