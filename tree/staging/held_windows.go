package staging

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"

	"sesame/tree"
)

// held says why the file name in dir, which info describes, can't be replaced: it is
// read-only, or another program has it open and doesn't let others remove it.
func held(dir *os.Root, name string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return nil
	}
	if info.Mode()&0o200 == 0 {
		return tree.ErrReadOnly
	}
	path, err := windows.UTF16PtrFromString(filepath.Join(dir.Name(), name))
	if err != nil {
		return nil
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	h, err := windows.CreateFile(path, windows.DELETE, share, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		return tree.ErrInUse
	}
	if err == nil {
		windows.CloseHandle(h)
	}
	return nil
}
