//! Each rejection starts from an honest file, changes one field, and names what is wrong.

use super::*;

fn honest() -> PublicAdapter {
    let module = |name: &str, in_features: usize, out_features: usize| QuantizedModule {
        name: name.to_owned(),
        in_features,
        out_features,
        rank: 2,
        lora_a: Vec::new(),
        lora_b: Vec::new(),
        out_scale: vec![0.5; out_features],
    };
    let config = Profile::Tiny.config();
    let modules = vec![module("a", 3, 2), module("b", 9, 5)];
    let mut adapter = QuantizedAdapter { bits: WeightBits::Four, modules, base_model_digest: [7; 32] };
    sort_into_slots(&mut adapter);
    let layout = WeightsLayout::plan(&adapter, config.maxima()).expect("it fits");
    let modules = adapter.modules.iter().zip(&layout.slots).map(|(module, slot)| PublicModule::new(module, slot, 0.1));
    PublicAdapter {
        format: FORMAT.to_owned(),
        adapter_id: print_element(&F::from(1u64)),
        halo2_adapter_id: Some(print_element(&F::from(2u64))),
        profile: Profile::Tiny.name().to_owned(),
        inner_digest: print_element(&config.inner_digest()),
        bits: 4,
        base_model_digest: print_bytes(&[7; 32]),
        manifest_digest: print_bytes(&sha256(&manifest_bytes(&adapter))),
        modules: modules.collect(),
    }
}

/// What is wrong with the honest file after a change.
fn refused(change: impl FnOnce(&mut PublicAdapter)) -> String {
    let mut public = honest();
    let shapes = public.check().expect("honest");
    assert_eq!((shapes.adapter.modules.len(), shapes.adapter_id), (2, F::from(1u64)));
    change(&mut public);
    public.check().map(drop).expect_err("changed")
}

#[test]
fn names_the_field_of_the_file_that_is_wrong() {
    assert_eq!(refused(|public| public.format.push('0')), "`format` is not rankproof.adapter.v1");
    assert_eq!(refused(|public| public.profile.push('0')), "`profile` names no profile of this build");
    let configuration = "`inner_digest` is another configuration of the profile";
    assert_eq!(refused(|public| public.inner_digest = public.adapter_id.clone()), configuration);
    assert_eq!(refused(|public| public.bits = 5), "`bits` is neither 4 nor 8");
    let manifest = "`manifest_digest` is not that of the modules";
    assert_eq!(refused(|public| public.manifest_digest = public.adapter_id.clone()), manifest);
    assert_eq!(refused(|public| public.modules[0].name.push('0')), manifest);
    type Field = fn(&mut PublicAdapter) -> &mut String;
    let digits: [(&str, Field); 5] = [
        ("adapter_id", |public| &mut public.adapter_id),
        ("halo2_adapter_id", |public| public.halo2_adapter_id.as_mut().expect("given")),
        ("inner_digest", |public| &mut public.inner_digest),
        ("base_model_digest", |public| &mut public.base_model_digest),
        ("manifest_digest", |public| &mut public.manifest_digest),
    ];
    for (name, field) in digits {
        let why = refused(|public| field(public).push('g'));
        assert!(why.starts_with(&format!("{name}: ")), "{name}: {why}");
    }
}

/// The id is there exactly when the halo2 system takes the adapter: nobody leaves it out, or makes one up.
#[test]
fn has_an_id_of_halo2_exactly_when_halo2_takes_it() {
    assert_eq!(refused(|public| public.halo2_adapter_id = None), "missing field `halo2_adapter_id`");
    let widen = |public: &mut PublicAdapter, outputs: usize| {
        let config = Profile::Medium.config();
        public.profile = Profile::Medium.name().to_owned();
        public.inner_digest = print_element(&config.inner_digest());
        let [module] = public.modules.first_chunk_mut().expect("a module");
        (module.out_features, module.out_scale) = (outputs, vec![0.5; outputs]);
        let modules: Vec<QuantizedModule> = public.modules.iter().map(|m| m.check().expect("sizes")).collect();
        let mut adapter = QuantizedAdapter { bits: WeightBits::Four, modules, base_model_digest: [7; 32] };
        sort_into_slots(&mut adapter);
        let layout = WeightsLayout::plan(&adapter, config.maxima()).expect("it fits");
        public.manifest_digest = print_bytes(&sha256(&manifest_bytes(&adapter)));
        public.modules =
            adapter.modules.iter().zip(&layout.slots).map(|(m, slot)| PublicModule::new(m, slot, 0.1)).collect();
    };
    let mut public = honest();
    widen(&mut public, 65_536);
    public.check().expect("as wide as halo2 takes it");
    widen(&mut public, 65_537);
    let widest = public.modules.iter().max_by_key(|module| module.out_features).expect("a module").name.clone();
    let made_up = format!("`halo2_adapter_id` is given, but module `{widest}` is too wide for halo2");
    assert_eq!(public.check().map(drop), Err(made_up));
    public.halo2_adapter_id = None;
    public.check().expect("wider, without the id");
    let text = String::from_utf8(public.to_bytes()).expect("JSON");
    assert!(!text.contains("halo2_adapter_id"));
    assert_eq!(serde_json::from_str::<PublicAdapter>(&text).expect("it reads what it writes"), public);
}

#[test]
fn names_what_is_wrong_with_its_modules() {
    assert_eq!(refused(|public| public.modules.swap(0, 1)), "`modules` are not in slot order");
    let padded = "`log_in` or `log_out` of a module is not its padded size";
    assert_eq!(refused(|public| public.modules[1].log_in += 1), padded);
    assert_eq!(refused(|public| public.modules[1].log_out += 1), padded);
    let range = "`rank` or `in_features` is out of range";
    let scales = "`out_scale` needs one entry for each of `out_features`";
    type Change = fn(&mut PublicModule);
    let changes: [(&str, Change); 7] = [
        (range, |module| module.rank = 0),
        (range, |module| module.in_features = MAX_IN_FEATURES + 1),
        (scales, |module| module.out_features += 1),
        (scales, |module| module.out_scale.truncate(1)),
        (scales, |module| (module.out_features, module.out_scale) = (0, Vec::new())),
        ("an `out_scale` is not a positive finite number", |module| module.out_scale[0] = 0.0),
        ("an `out_scale` is not a positive finite number", |module| module.out_scale[0] = f64::NAN),
    ];
    for (fault, change) in changes {
        let name = honest().modules[0].name.clone();
        assert_eq!(refused(|public| change(&mut public.modules[0])), format!("module `{name}`: {fault}"));
    }
}
