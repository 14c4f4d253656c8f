//! The world of a script that may touch nothing.

use std::io::SeekFrom;

use super::{Errno, Host, OpenMode, PipeMode, RawFile, StandardStream};

/// Refuses files and processes, has no variables, and stands still at time 0. Its
/// standard input is empty and its standard output goes nowhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullHost;

impl Host for NullHost {
    fn cpu_seconds(&mut self) -> f64 {
        0.0
    }

    fn unix_time(&mut self) -> i64 {
        0
    }

    fn environment(&self, _name: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn standard(&mut self, _stream: StandardStream) -> Box<dyn RawFile> {
        Box::new(NullFile)
    }

    fn open(&mut self, _name: &[u8], _mode: OpenMode) -> Result<Box<dyn RawFile>, Errno> {
        Err(Errno::ACCESS)
    }

    fn temporary_file(&mut self) -> Result<Box<dyn RawFile>, Errno> {
        Err(Errno::ACCESS)
    }

    fn temporary_name(&mut self) -> Result<Vec<u8>, Errno> {
        Err(Errno::ACCESS)
    }

    fn remove(&mut self, _name: &[u8]) -> Result<(), Errno> {
        Err(Errno::ACCESS)
    }

    fn rename(&mut self, _from: &[u8], _to: &[u8]) -> Result<(), Errno> {
        Err(Errno::ACCESS)
    }

    fn execute(&mut self, command: Option<&[u8]>) -> i32 {
        match command {
            None => 0,
            Some(_) => -1,
        }
    }

    fn popen(&mut self, _command: &[u8], _mode: PipeMode) -> Result<Box<dyn RawFile>, Errno> {
        Err(Errno::NOT_PERMITTED)
    }
}

/// A file like `/dev/null`: empty, and everything can be written to it.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullFile;

impl RawFile for NullFile {
    fn read(&mut self, _buffer: &mut [u8]) -> Result<usize, Errno> {
        Ok(0)
    }

    fn write(&mut self, data: &[u8]) -> Result<usize, Errno> {
        Ok(data.len())
    }

    fn seek(&mut self, _to: SeekFrom) -> Result<u64, Errno> {
        Ok(0)
    }

    fn close(self: Box<Self>) -> Result<i32, Errno> {
        Ok(0)
    }
}
