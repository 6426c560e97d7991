package main

import "golang.org/x/sys/windows"

// errNoSpace is what the system says when a disk is full.
const errNoSpace = windows.ERROR_DISK_FULL
