//! Powers of tau for trials: **insecure**, everybody can compute their secrets.
//!
//! The one contribution is a beacon over a fixed public value, so any tool that shows contributions shows what this is,
//! and `snarkjs powersoftau verify` accepts the file. Keys made from it are marked as development keys.

use std::path::Path;

use ark_bn254::{Fq, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{FftField, Field};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use blake2::{Blake2b512, Digest};

use crate::Error;
use crate::parameters::{Beacon, Parameters};
use crate::points::{Point, field_head};
use crate::ptau::{ALPHA_G1, BETA_G1, BETA_G2, CONTRIBUTIONS, HEADER, LAGRANGE, MAGIC, MAX_POWER, TAU_G1, TAU_G2};
use crate::randomness;
use crate::sections::{CHUNK_POINTS, SectionWriter, encode};

const NAME: &str = "INSECURE development powers of tau: everybody knows tau";
const BEACON: &[u8] = b"rankproof.development-powers-of-tau.v1";
const LOG_ITERATIONS: u8 = 10;

/// One secret of the contribution, with its proof of knowledge.
struct Secret {
    value: Fr,
    g1_s: G1Affine,
    g1_sx: G1Affine,
    g2_spx: G2Affine,
}

/// Writes a file of powers of tau with public secrets, prepared for phase 2.
///
/// # Errors
/// [`Error::PowerInvalid`], [`crate::FileFault::Exists`] unless `force`, [`crate::FileFault::Io`].
pub fn write(power: u32, path: &Path, force: bool) -> Result<(), Error> {
    if !(1..=MAX_POWER).contains(&power) {
        return Err(Error::PowerInvalid { power, min: 1, max: MAX_POWER });
    }
    let mut writer = SectionWriter::create(path, MAGIC, 11, force)?;
    writer.begin(HEADER)?;
    writer.bytes(&field_head::<Fq>())?;
    writer.u32(power)?;
    writer.u32(power)?;
    writer.end()?;

    let first_challenge = first_challenge(power);
    let secrets = secrets(&first_challenge);
    let [tau, alpha, beta] = [0, 1, 2].map(|index: usize| secrets[index].value);
    let response = Blake2b512::digest(key_bytes(&secrets, Point::write_canonical, Point::write_canonical));
    let mut sections = Sections { writer, hasher: Blake2b512::new_with_prefix(response) };
    let size = 1usize << power;
    let g1 = G1Affine::table(12 * size);
    let g2 = G2Affine::table(3 * size);
    sections.powers(TAU_G1, &g1, Fr::ONE, tau, 2 * size - 1)?;
    sections.powers(TAU_G2, &g2, Fr::ONE, tau, size)?;
    sections.powers(ALPHA_G1, &g1, alpha, tau, size)?;
    sections.powers(BETA_G1, &g1, beta, tau, size)?;
    let beta_g2 = (G2Affine::generator() * beta).into_affine();
    sections.points(BETA_G2, &[beta_g2])?;

    let Sections { mut writer, hasher } = sections;
    let mut contribution = 1u32.to_le_bytes().to_vec();
    let one = (G1Affine::generator(), G2Affine::generator());
    (one.0 * tau).into_affine().write(&mut contribution);
    (one.1 * tau).into_affine().write(&mut contribution);
    (one.0 * alpha).into_affine().write(&mut contribution);
    (one.0 * beta).into_affine().write(&mut contribution);
    beta_g2.write(&mut contribution);
    contribution.extend(key_bytes(&secrets, Point::write, Point::write));
    contribution.extend(empty_state());
    contribution.extend(hasher.finalize());
    let beacon = Some(Beacon { value: BEACON.to_vec(), log_iterations: LOG_ITERATIONS });
    Parameters { name: Some(NAME.to_owned()), beacon }.write(&mut contribution);
    writer.section(CONTRIBUTIONS, &contribution)?;

    lagrange(&mut writer, TAU_G1, &g1, Fr::ONE, tau, power)?;
    lagrange(&mut writer, TAU_G2, &g2, Fr::ONE, tau, power)?;
    lagrange(&mut writer, ALPHA_G1, &g1, alpha, tau, power)?;
    lagrange(&mut writer, BETA_G1, &g1, beta, tau, power)?;
    writer.finish()
}

/// Writes sections and hashes them: the hash is the challenge for whoever would contribute next.
struct Sections {
    writer: SectionWriter,
    hasher: Blake2b512,
}

impl Sections {
    fn points<P: Point>(&mut self, section: u32, points: &[P]) -> Result<(), Error> {
        self.writer.begin(section)?;
        self.piece(points)?;
        self.writer.end()
    }

    fn piece<P: Point>(&mut self, points: &[P]) -> Result<(), Error> {
        self.hasher.update(encode(points, P::write_canonical));
        self.writer.points(points)
    }

    fn powers<P: Point>(
        &mut self,
        section: u32,
        table: &impl Fn(&[Fr]) -> Vec<P>,
        first: Fr,
        tau: Fr,
        count: usize,
    ) -> Result<(), Error> {
        self.writer.begin(section)?;
        let (mut power, mut remaining) = (first, count);
        while remaining > 0 {
            let scalars: Vec<Fr> = (0..remaining.min(CHUNK_POINTS))
                .map(|_| {
                    let scalar = power;
                    power *= tau;
                    scalar
                })
                .collect();
            self.piece(&table(&scalars))?;
            remaining -= scalars.len();
        }
        self.writer.end()
    }
}

fn lagrange<P: Point>(
    writer: &mut SectionWriter,
    section: u32,
    table: &impl Fn(&[Fr]) -> Vec<P>,
    factor: Fr,
    tau: Fr,
    power: u32,
) -> Result<(), Error> {
    writer.begin(LAGRANGE + section)?;
    let levels = power + u32::from(section == TAU_G1);
    for level in 0..=levels {
        let size = 1u64 << level;
        let domain = Radix2EvaluationDomain::<Fr>::new(1 << level).expect("a power of at most 28");
        let mut values = domain.evaluate_all_lagrange_coefficients(tau);
        if level > power {
            // Without the power size - 1: L_i(τ) is Σ_j ω^(-ij) τ^j / size, and ω^(-i (size - 1)) is ω^i.
            let mut highest = tau.pow([size - 1]) * Fr::from(size).inverse().expect("not zero");
            let root = Fr::get_root_of_unity(size).expect("a power of at most 28");
            for value in &mut values {
                *value -= highest;
                highest *= root;
            }
        }
        for scalars in values.chunks_mut(CHUNK_POINTS) {
            scalars.iter_mut().for_each(|scalar| *scalar *= factor);
            writer.points(&table(scalars))?;
        }
    }
    writer.end()
}

/// tau, alpha, beta: what snarkjs draws from the beacon.
fn secrets(challenge: &[u8; 64]) -> [Secret; 3] {
    let mut rng = randomness::beacon_generator(BEACON, LOG_ITERATIONS);
    let values = [(); 3].map(|()| randomness::scalar(&mut rng));
    let mut number = 0;
    values.map(|value| {
        let g1_s = randomness::g1(&mut rng);
        let g1_sx = (g1_s * value).into_affine();
        let g2_sp = randomness::phase1_point(number, challenge, &g1_s, &g1_sx);
        number += 1;
        Secret { value, g1_s, g1_sx, g2_spx: (g2_sp * value).into_affine() }
    })
}

fn key_bytes(
    secrets: &[Secret; 3],
    write_g1: fn(&G1Affine, &mut Vec<u8>),
    write_g2: fn(&G2Affine, &mut Vec<u8>),
) -> Vec<u8> {
    let mut bytes = Vec::new();
    for secret in secrets {
        write_g1(&secret.g1_s, &mut bytes);
        write_g1(&secret.g1_sx, &mut bytes);
    }
    secrets.iter().for_each(|secret| write_g2(&secret.g2_spx, &mut bytes));
    bytes
}

/// The hash of the powers of τ = α = β = 1, which every ceremony of that size starts from.
fn first_challenge(power: u32) -> [u8; 64] {
    let size = 1usize << power;
    let (mut g1, mut g2) = (Vec::new(), Vec::new());
    G1Affine::generator().write_canonical(&mut g1);
    G2Affine::generator().write_canonical(&mut g2);
    let mut hasher = Blake2b512::new_with_prefix(Blake2b512::digest([]));
    for (point, count) in [(&g1, 2 * size - 1), (&g2, size), (&g1, size), (&g1, size), (&g2, 1)] {
        let piece = point.repeat(CHUNK_POINTS.min(count));
        let pieces = count / CHUNK_POINTS.min(count);
        (0..pieces).for_each(|_| hasher.update(&piece));
        (0..count - pieces * CHUNK_POINTS.min(count)).for_each(|_| hasher.update(point));
    }
    hasher.finalize().into()
}

/// A state of BLAKE2b that has hashed nothing, as snarkjs keeps it: 128 bytes of input, 8 words of state, then the
/// counts of bytes hashed and waiting. In a real ceremony it has hashed the response of the contributor; here the hash
/// of the response covers the public key alone.
fn empty_state() -> [u8; 216] {
    const WORDS: [u64; 8] = [
        0x6a09_e667_f3bc_c908 ^ 0x0101_0040,
        0xbb67_ae85_84ca_a73b,
        0x3c6e_f372_fe94_f82b,
        0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1,
        0x9b05_688c_2b3e_6c1f,
        0x1f83_d9ab_fb41_bd6b,
        0x5be0_cd19_137e_2179,
    ];
    let mut state = [0; 216];
    for (word, target) in WORDS.iter().zip(state[128..].chunks_exact_mut(8)) {
        target.copy_from_slice(&word.to_le_bytes());
    }
    state
}
