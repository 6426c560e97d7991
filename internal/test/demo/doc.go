// Package demo has the script behind "make demo", the first command of the
// README, and in its tests what that script must do when a program fails.
package demo
