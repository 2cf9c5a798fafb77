//! What every file and folder of psactl's own is made with: for its owner alone, and whole or not at all.

use std::io::{Result, Write};
use std::path::Path;

/// Puts a whole file in the place of another, if there is one, with these rights: whoever reads it sees one or the
/// other, never half. A link that stands there is replaced, not followed.
///
/// # Errors
/// The system's; the place is then what it was.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".psactl-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Makes a folder, and those that it stands in, for its owner alone, whatever the umask is. One that is there stays as
/// it is.
///
/// # Errors
/// The system's.
pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The mode of a file or folder that others than its owner may write to: what stands there may be theirs. A device or
/// a pipe is nobody's file.
#[cfg(unix)]
pub(crate) fn open_to_writers(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let about = std::fs::metadata(path).ok().filter(|about| about.is_file() || about.is_dir())?;
    let mode = about.permissions().mode() & 0o777;
    (mode & 0o022 != 0).then_some(mode)
}

/// The mode of a folder in which anybody may put one file in the place of another: without the sticky bit that keeps
/// each from the others' files.
#[cfg(unix)]
pub(crate) fn open_to_anybody(folder: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(folder).ok()?.permissions().mode();
    (mode & 0o1002 == 0o002).then_some(mode & 0o777)
}

/// Elsewhere the system's own lists of rights decide, which psactl does not read.
#[cfg(not(unix))]
pub(crate) fn open_to_anybody(_: &Path) -> Option<u32> {
    None
}

/// Elsewhere the system's own lists of rights decide, which psactl does not read.
#[cfg(not(unix))]
pub(crate) fn open_to_writers(_: &Path) -> Option<u32> {
    None
}
