// Go's own runtime and library as a guest: goroutines on one thread, timers by poll_oneoff, real files, arguments, environment,
// standard input. The session beside it says what must come out.
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

// goroutines: a pool of workers, a channel in and one out.
func goroutines() {
	work, results := make(chan int), make(chan int)
	var workers sync.WaitGroup
	for i := 0; i < 8; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for n := range work {
				sum := 0
				for i := 1; i <= n; i++ {
					sum += i * i
				}
				results <- sum
			}
		}()
	}
	go func() {
		for n := 1; n <= 1000; n++ {
			work <- n
		}
		close(work)
		workers.Wait()
		close(results)
	}()
	total, count := 0, 0
	for sum := range results {
		total += sum
		count++
	}
	fmt.Println("goroutines:", count, "results, total", total)
}

// timers: each waits, none of them alone; the order is that of their times.
func timers() {
	begin := time.Now()
	order := make(chan string, 3)
	var all sync.WaitGroup
	for name, wait := range map[string]time.Duration{"third": 60, "first": 5, "second": 30} {
		all.Add(1)
		go func() {
			defer all.Done()
			time.Sleep(wait * time.Millisecond)
			order <- name
		}()
	}
	all.Wait()
	fmt.Println("timers:", <-order, <-order, <-order, time.Since(begin) >= 60*time.Millisecond)
	context, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	<-context.Done()
	fmt.Println("context:", context.Err())
	ticker, ticks := time.NewTicker(2*time.Millisecond), 0
	for range ticker.C {
		if ticks++; ticks == 5 {
			break
		}
	}
	fmt.Println("ticks:", ticks, "year in range:", time.Now().Year() > 2023 && time.Now().Year() < 2200)
}

func files(root string) {
	check(os.MkdirAll(filepath.Join(root, "a/b/c"), 0o755))
	for i := 0; i < 200; i++ {
		check(os.WriteFile(filepath.Join(root, "a/b", fmt.Sprintf("file%03d", i)), []byte(strings.Repeat("x", i)), 0o644))
	}
	names, bytes := 0, int64(0)
	check(filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			info, err := entry.Info()
			check(err)
			names, bytes = names+1, bytes+info.Size()
		}
		return err
	}))
	fmt.Println("walked:", names, "files,", bytes, "bytes")
	file, err := os.OpenFile(filepath.Join(root, "log"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	check(err)
	fmt.Fprintln(file, "one")
	fmt.Fprintln(file, "two")
	_, err = file.Seek(0, io.SeekStart)
	check(err)
	content, err := io.ReadAll(file)
	check(err)
	check(file.Truncate(4))
	info, err := file.Stat()
	check(err)
	check(file.Sync())
	check(file.Close())
	fmt.Printf("log: %q, cut to %d\n", content, info.Size())
	stamp := time.Unix(1234567890, 123456789)
	check(os.Chtimes(filepath.Join(root, "log"), stamp, stamp))
	info, err = os.Stat(filepath.Join(root, "log"))
	check(err)
	fmt.Println("stamp kept:", info.ModTime().Equal(stamp))
	check(os.Rename(filepath.Join(root, "log"), filepath.Join(root, "a/moved")))
	check(os.Link(filepath.Join(root, "a/moved"), filepath.Join(root, "hard")))
	check(os.Symlink("a/moved", filepath.Join(root, "soft")))
	target, err := os.Readlink(filepath.Join(root, "soft"))
	check(err)
	through, err := os.ReadFile(filepath.Join(root, "soft"))
	check(err)
	fmt.Printf("soft: %s, %q\n", target, through)
	_, err = os.Open(filepath.Join(root, "missing"))
	fmt.Println("missing:", errors.Is(err, fs.ErrNotExist))
	_, err = os.OpenFile(filepath.Join(root, "hard"), os.O_CREATE|os.O_EXCL, 0o644)
	fmt.Println("exclusive:", errors.Is(err, fs.ErrExist))
	fmt.Println("not empty:", os.Remove(filepath.Join(root, "a")) != nil)
	_, err = os.ReadFile(filepath.Join(root, "../outside"))
	fmt.Println("outside:", err != nil)
	check(os.RemoveAll(filepath.Join(root, "a")))
	entries, err := os.ReadDir(root)
	check(err)
	for _, entry := range entries {
		fmt.Println("left:", entry.Name(), entry.Type())
	}
}

func main() {
	fmt.Println("arguments:", os.Args[1:])
	environment := os.Environ()
	sort.Strings(environment)
	fmt.Println("environment:", environment)
	switch os.Args[1] {
	case "panic":
		var list []int
		fmt.Println(list[len(os.Args)])
	case "exit":
		defer fmt.Println("not reached")
		os.Exit(7)
	}
	goroutines()
	timers()
	files(os.Args[1])
	lines := 0
	sum := sha256.New()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); lines++ {
		fmt.Fprintln(sum, in.Text())
	}
	text, _ := json.Marshal(map[string]any{"lines": lines, "sha256": fmt.Sprintf("%x", sum.Sum(nil))[:16]})
	fmt.Println(string(text))
}
