//! Sizes of a socket's buffers, which the standard library cannot set: two calls of the C library.

use std::ffi::c_int;
use std::io::{Error, Result};
use std::mem::size_of;
use std::os::fd::AsRawFd;

extern "C" {
    fn setsockopt(fd: c_int, level: c_int, name: c_int, value: *const c_int, size: u32) -> c_int;
    fn getsockopt(fd: c_int, level: c_int, name: c_int, value: *mut c_int, size: *mut u32) -> c_int;
}

/// SOL_SOCKET on Linux, and on BSD and macOS; so are the options.
const LEVEL: c_int = if cfg!(target_os = "linux") { 1 } else { 0xFFFF };

/// SO_SNDBUF and SO_RCVBUF, by the keys of a request.
pub const OPTIONS: [(&str, c_int); 2] = if cfg!(target_os = "linux") {
    [("sndbuf", 7), ("rcvbuf", 8)]
} else {
    [("sndbuf", 0x1001), ("rcvbuf", 0x1002)]
};

pub fn set(socket: &impl AsRawFd, option: c_int, octets: c_int) -> Result<()> {
    let size = size_of::<c_int>() as u32;
    // Safe, since the value lives until the call has returned and is as long as it says.
    match unsafe { setsockopt(socket.as_raw_fd(), LEVEL, option, &octets, size) } {
        0 => Ok(()),
        _ => Err(Error::last_os_error()),
    }
}

/// What the system made of it.
pub fn get(socket: &impl AsRawFd, option: c_int) -> Result<usize> {
    let (mut octets, mut size) = (0, size_of::<c_int>() as u32);
    // Safe for the same reason.
    match unsafe { getsockopt(socket.as_raw_fd(), LEVEL, option, &mut octets, &mut size) } {
        0 => Ok(octets as usize),
        _ => Err(Error::last_os_error()),
    }
}
