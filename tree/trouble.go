package tree

import (
	"errors"
	"io"
	"io/fs"
	"syscall"
)

// A Trouble is what an error says of a disk, or of what this user may do there. It is
// an error by itself, for what no system says.
type Trouble byte

// The troubles.
const (
	TroubleUnknown  Trouble = iota // Number and Text say what the system does
	TroubleFull                    // no room on the disk
	TroubleQuota                   // this user may have no more of it
	TroubleTooLarge                // so large a file can't be had there
	TroubleNoWrites                // nothing on the disk can be changed
	TroubleDenied                  // this user may not
	TroubleMarked                  // one file can't be changed: ErrReadOnly
	TroubleLongName
	TroubleBadName
	TroubleNowhere  // there is no such file or folder
	TroubleTaken    // something has that name
	TroubleNoFolder // something in the path is none
	TroubleFolder   // it is one
	TroubleBusy     // another program has it open: ErrInUse
	TroubleMounted  // something is mounted there: ErrMounted
	TroubleBroken   // reading or writing failed in the disk itself
	TroubleDiskGone // the disk, or the computer that has it, isn't there any more
	TroubleTooOpen  // more files are open than may be
	TroubleMemory   // there is none left
	TroubleLinks    // links lead round in a circle
	TroubleShort    // it ends before it should
	TroubleUnread   // who read what is written there doesn't any more
	TroubleAlive    // neither a file nor a folder
	TroubleOthers   // others may have written there
	TroubleNoRename // nothing can be renamed there
	TroubleOdd      // it isn't the plain file that this program made
	TroubleUnable   // the system can't do that
)

// TroubleOf returns what err says.
func TroubleOf(err error) Trouble {
	var own Trouble
	var code syscall.Errno
	switch {
	case err == nil:
		return TroubleUnknown
	case errors.As(err, &own):
		return own
	case errors.Is(err, ErrInUse):
		return TroubleBusy
	case errors.Is(err, ErrMounted):
		return TroubleMounted
	case errors.Is(err, ErrReadOnly):
		return TroubleMarked
	case errors.Is(err, ErrFull):
		return TroubleFull
	case errors.As(err, &code):
		if t := portable(code); t != TroubleUnknown {
			return t
		}
		if t := ofSystem(code); t != TroubleUnknown {
			return t
		}
	}
	return general(err)
}

// general is what Go itself says in the same words on every system.
func general(err error) Trouble {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return TroubleDenied
	case errors.Is(err, fs.ErrNotExist):
		return TroubleNowhere
	case errors.Is(err, fs.ErrExist):
		return TroubleTaken
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrShortWrite):
		return TroubleShort
	case errors.Is(err, errors.ErrUnsupported):
		return TroubleUnable
	}
	return TroubleUnknown
}

// portable knows the numbers of Unix, which say in advance on other systems, too, what
// the system would.
func portable(code syscall.Errno) Trouble {
	switch code {
	case syscall.ENOSPC:
		return TroubleFull
	case syscall.EDQUOT:
		return TroubleQuota
	case syscall.EFBIG:
		return TroubleTooLarge
	case syscall.EROFS:
		return TroubleNoWrites
	case syscall.EACCES, syscall.EPERM:
		return TroubleDenied
	case syscall.ENAMETOOLONG:
		return TroubleLongName
	case syscall.EILSEQ:
		return TroubleBadName
	case syscall.ENOENT:
		return TroubleNowhere
	case syscall.EEXIST, syscall.ENOTEMPTY:
		return TroubleTaken
	case syscall.ENOTDIR:
		return TroubleNoFolder
	case syscall.EISDIR:
		return TroubleFolder
	case syscall.EBUSY:
		return TroubleBusy
	case syscall.EIO:
		return TroubleBroken
	case syscall.ENODEV, syscall.ENXIO, syscall.ESTALE, syscall.ENOTCONN, syscall.ETIMEDOUT, syscall.ECONNRESET, syscall.ECONNABORTED:
		return TroubleDiskGone
	case syscall.EPIPE:
		return TroubleUnread
	case syscall.EMFILE, syscall.ENFILE:
		return TroubleTooOpen
	case syscall.ENOMEM:
		return TroubleMemory
	case syscall.ELOOP:
		return TroubleLinks
	}
	return TroubleUnknown
}

// NoSpace reports whether err says that there is no room on a disk.
func NoSpace(err error) bool { return TroubleOf(err) == TroubleFull }

// OverQuota reports whether err says that this user may have no more of a disk.
func OverQuota(err error) bool { return TroubleOf(err) == TroubleQuota }

// TooLarge reports whether err says that a file would be larger than it may be.
func TooLarge(err error) bool { return TroubleOf(err) == TroubleTooLarge }

// Number returns the number of a system's error, 0 if err is none.
func Number(err error) int {
	var code syscall.Errno
	errors.As(err, &code)
	return int(code)
}

// Error is for logs.
func (t Trouble) Error() string {
	switch t {
	case TroubleFull:
		return "there is no room"
	case TroubleQuota:
		return "the quota is used up"
	case TroubleTooLarge:
		return "the file is too large for this file system or for this process's limit"
	case TroubleNoWrites:
		return "this disk is read-only"
	case TroubleDenied:
		return "permission denied"
	case TroubleMarked:
		return "it is read-only"
	case TroubleLongName:
		return "the name is too long"
	case TroubleBadName:
		return "this disk can't have such a name"
	case TroubleNowhere:
		return "there is no such file or folder"
	case TroubleTaken:
		return "something has that name already"
	case TroubleNoFolder:
		return "it is not a folder"
	case TroubleFolder:
		return "it is a folder"
	case TroubleBusy:
		return "another program has it open"
	case TroubleMounted:
		return "something is mounted there"
	case TroubleBroken:
		return "the disk has failed; it may be broken"
	case TroubleDiskGone:
		return "the disk isn't there any more"
	case TroubleTooOpen:
		return "too many files are open"
	case TroubleMemory:
		return "there is no memory left"
	case TroubleLinks:
		return "links lead round in a circle"
	case TroubleShort:
		return "it ends too early"
	case TroubleUnread:
		return "nobody reads it any more"
	case TroubleAlive:
		return "it is neither a file nor a directory"
	case TroubleOthers:
		return "others may have written there"
	case TroubleNoRename:
		return "nothing can be renamed there"
	case TroubleOdd:
		return "not a plain file of ours"
	case TroubleUnable:
		return "this system can't do that"
	}
	return "something is wrong that has no name here"
}
