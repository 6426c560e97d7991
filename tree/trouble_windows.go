package tree

import (
	"errors"
	"syscall"

	"golang.org/x/sys/windows"
)

// ofSystem knows Windows' numbers.
//
// Source: Microsoft, System Error Codes.
func ofSystem(code syscall.Errno) Trouble {
	switch code {
	case windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL:
		return TroubleFull
	case windows.ERROR_DISK_QUOTA_EXCEEDED:
		return TroubleQuota
	case windows.ERROR_FILE_TOO_LARGE:
		return TroubleTooLarge
	case windows.ERROR_WRITE_PROTECT:
		return TroubleNoWrites
	case windows.ERROR_ACCESS_DENIED, windows.ERROR_PRIVILEGE_NOT_HELD:
		return TroubleDenied
	case windows.ERROR_FILENAME_EXCED_RANGE:
		return TroubleLongName
	case windows.ERROR_INVALID_NAME, windows.ERROR_BAD_PATHNAME:
		return TroubleBadName
	case windows.ERROR_FILE_NOT_FOUND, windows.ERROR_PATH_NOT_FOUND, windows.ERROR_INVALID_DRIVE:
		return TroubleNowhere
	case windows.ERROR_FILE_EXISTS, windows.ERROR_ALREADY_EXISTS, windows.ERROR_DIR_NOT_EMPTY:
		return TroubleTaken
	case windows.ERROR_DIRECTORY:
		return TroubleNoFolder
	case windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION, windows.ERROR_USER_MAPPED_FILE, windows.ERROR_BUSY:
		return TroubleBusy
	case windows.ERROR_CRC, windows.ERROR_IO_DEVICE, windows.ERROR_SEEK, windows.ERROR_SECTOR_NOT_FOUND, windows.ERROR_WRITE_FAULT, windows.ERROR_READ_FAULT, windows.ERROR_GEN_FAILURE:
		return TroubleBroken
	case windows.ERROR_NOT_READY, windows.ERROR_DEV_NOT_EXIST, windows.ERROR_NETNAME_DELETED, windows.ERROR_BAD_NETPATH, windows.ERROR_BAD_NET_NAME, windows.ERROR_DEVICE_NOT_CONNECTED, windows.ERROR_UNEXP_NET_ERR:
		return TroubleDiskGone
	case windows.ERROR_BROKEN_PIPE, windows.ERROR_NO_DATA:
		return TroubleUnread
	case windows.ERROR_TOO_MANY_OPEN_FILES:
		return TroubleTooOpen
	case windows.ERROR_NOT_ENOUGH_MEMORY, windows.ERROR_OUTOFMEMORY, windows.ERROR_NO_SYSTEM_RESOURCES:
		return TroubleMemory
	case windows.ERROR_CANT_RESOLVE_FILENAME:
		return TroubleLinks
	}
	return TroubleUnknown
}

// InUse reports whether err, which came of replacing a file, says that another program
// has it open. Where that doesn't let others remove it Windows has two ways to say so.
func InUse(err error) bool {
	return TroubleOf(err) == TroubleBusy || errors.Is(err, windows.ERROR_ACCESS_DENIED)
}
