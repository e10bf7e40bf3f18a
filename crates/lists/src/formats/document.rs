//! Which kind of number a publisher's own words mean.

use interdict_model::IdentifierKind;

/// Reads the type of a document or number: `passport`, `National identity card`, `regnumber`, ….
pub(crate) fn kind(words: &str) -> IdentifierKind {
    use IdentifierKind as I;
    let lower = words.to_lowercase();
    let has = |needles: &[&str]| needles.iter().any(|needle| lower.contains(needle));
    let tokens: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let is = |needles: &[&str]| needles.iter().any(|needle| tokens.contains(needle));
    match () {
        () if has(&["passport", "laissez-passer", "laissez passer", "travel document", "traveldoc"]) => I::Passport,
        () if has(&["driving", "driver"]) => I::DrivingLicence,
        () if has(&["swift"]) || is(&["bic"]) => I::Bic,
        () if is(&["iban"]) => I::Iban,
        () if is(&["lei"]) || has(&["legal entity identifier"]) => I::Lei,
        () if is(&["imo"]) => I::Imo,
        () if is(&["mmsi"]) => I::Mmsi,
        () if is(&["isin"]) => I::Isin,
        () if is(&["ogrn", "ogrnip"]) || has(&["state registration number"]) => I::Ogrn,
        () if is(&["inn"]) => I::Inn,
        () if has(&["duns", "d-u-n-s"]) => I::Duns,
        () if has(&["tax", "fiscal"]) || is(&["vat", "tin", "nif", "kpp"]) => I::TaxNumber,
        () if has(&[
            "regist",
            "regnumber",
            "company number",
            "trade licen",
            "tradelic",
            "business number",
            "commercial",
        ]) =>
        {
            I::Registration
        }
        () if has(&[
            "birth cert",
            "birthcert",
            "residen",
            "voter",
            "election",
            "student",
            "military",
            "diplomatic",
        ]) =>
        {
            I::OtherDocument
        }
        () if has(&["national", "identi", "ssn", "social security", "tazkira", "cnic", "personal"])
            || is(&["id", "ni"]) =>
        {
            I::NationalId
        }
        () => I::OtherDocument,
    }
}
