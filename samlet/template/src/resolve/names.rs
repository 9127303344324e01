//! The names and ARNs that AWS would give to what a template declares.

/// An id as API Gateway's: ten characters of [a-z0-9], the same at each start.
pub(crate) fn api_id(stack_name: &str, logical_id: &str) -> String {
    // FNV-1a: https://datatracker.ietf.org/doc/html/draft-eastlake-fnv
    let text = format!("{stack_name}/{logical_id}");
    let mut hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let digits = b"abcdefghijklmnopqrstuvwxyz0123456789";
    std::iter::repeat_with(|| {
        let digit = digits[usize::try_from(hash % 36).unwrap_or_default()];
        hash /= 36;
        char::from(digit)
    })
    .take(10)
    .collect()
}

/// The nearest of `known`, if one is near enough to have been meant.
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let close =
        |known: &&str| strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase());
    known
        .iter()
        .copied()
        .min_by_key(|known| close(known))
        .filter(|known| close(known) <= 1 + name.len() / 4)
}

/// A hint for an unknown name.
pub(crate) fn did_you_mean(name: &str, known: &[&str]) -> String {
    nearest(name, known).map_or(String::new(), |known| format!("did you mean `{known}`?"))
}
