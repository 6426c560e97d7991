//go:build linux || darwin || freebsd || netbsd || openbsd

package staging

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"sesame/internal/descriptors"
)

// openat opens name without following it and without waiting for anything.
func openat(d *folder, name string, flags int, perm uint32) (int, error) {
	fd, err := openatOnce(d, name, flags, perm)
	if descriptors.Few(err) {
		err = descriptors.Patiently(func() error {
			fd, err = openatOnce(d, name, flags, perm)
			return err
		}, nil)
	}
	return fd, err
}

func openatOnce(d *folder, name string, flags int, perm uint32) (int, error) {
	for {
		fd, err := unix.Openat(d.fd, name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, perm)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// fileOf makes an *os.File of a descriptor, which the runtime must not poll.
func fileOf(fd int, name string) (*os.File, error) {
	if err := unix.SetNonblock(fd, false); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

func writeAll(fd int, p []byte) error {
	for len(p) > 0 {
		n, err := unix.Write(fd, p)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case n == 0:
			return unix.EIO
		default:
			p = p[n:]
		}
	}
	return nil
}

// statFile describes an open file.
func statFile(f *os.File) (stat, error) {
	var raw unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &raw); err != nil {
		return stat{}, err
	}
	return statOf(&raw), nil
}

func statOf(raw *unix.Stat_t) stat {
	st := stat{
		size:  raw.Size,
		taken: int64(raw.Blocks) * 512,
		perm:  uint32(raw.Mode) & 0o7777,
		mtime: time.Unix(int64(raw.Mtim.Sec), int64(raw.Mtim.Nsec)),
		dev:   uint64(raw.Dev),
		ino:   uint64(raw.Ino),
		links: uint64(raw.Nlink),
		mine:  raw.Uid == uint32(os.Geteuid()),
	}
	switch raw.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		st.kind = regular
	case unix.S_IFDIR:
		st.kind = directory
	case unix.S_IFLNK:
		st.kind = link
	}
	return st
}
