// Checks a log with the Go project's own packages for signed notes and transparency logs, which
// share no code with ours: golang.org/x/mod/sumdb/note and tlog.
//
// Usage: verifier FOLDER KEY. Prints the size and root, and ends with 1 if anything does not hold.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// files reads tiles where c2sp.org/tlog-tiles puts them: the Go paths without the tile height.
type files string

func (f files) Height() int { return 8 }

func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		path := strings.Replace(t.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (f files) SaveTiles([]tlog.Tile, [][]byte) {}

func fail(format string, args ...any) {
	fmt.Printf("FAIL "+format+"\n", args...)
	os.Exit(1)
}

func check(err error, what string) {
	if err != nil {
		fail("%s: %v", what, err)
	}
}

func entries(folder string, size int64) [][]byte {
	var all [][]byte
	for n := int64(0); n*256 < size; n++ {
		tile := tlog.Tile{H: 8, L: 0, N: n, W: int(min(256, size-n*256))}
		path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(folder, path))
		check(err, path)
		for len(data) > 0 {
			length := int(binary.BigEndian.Uint16(data))
			all = append(all, data[2:2+length])
			data = data[2+length:]
		}
	}
	return all
}

func main() {
	folder := os.Args[1]
	verifier, err := note.NewVerifier(os.Args[2])
	check(err, "key")
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	check(err, "checkpoint")
	opened, err := note.Open(signed, note.VerifierList(verifier))
	check(err, "signature")
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err, "size")
	bytes, err := base64.StdEncoding.DecodeString(lines[2])
	check(err, "root")
	var root tlog.Hash
	copy(root[:], bytes)
	if lines[0] != verifier.Name() || len(bytes) != 32 || len(lines) != 4 {
		fail("the checkpoint's lines")
	}
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, files(folder))
	computed, err := tlog.TreeHash(size, reader)
	check(err, "tiles")
	if computed != root {
		fail("the root")
	}
	all := entries(folder, size)
	if int64(len(all)) != size {
		fail("%d entries for a size of %d", len(all), size)
	}
	// The tree over the entries alone, without our tiles.
	var stored []tlog.Hash
	own := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var hashes []tlog.Hash
		for _, i := range indexes {
			hashes = append(hashes, stored[i])
		}
		return hashes, nil
	})
	for n, entry := range all {
		hashes, err := tlog.StoredHashes(int64(n), entry, own)
		check(err, "hashes")
		stored = append(stored, hashes...)
	}
	computed, err = tlog.TreeHash(size, own)
	check(err, "entries")
	if computed != root {
		fail("the root over the entries")
	}
	for n, entry := range all {
		if n%37 != 0 && int64(n) < size-3 {
			continue
		}
		proof, err := tlog.ProveRecord(size, int64(n), reader)
		check(err, "inclusion")
		check(tlog.CheckRecord(proof, size, root, int64(n), tlog.RecordHash(entry)), "inclusion")
		fmt.Printf("inclusion %d", n)
		for _, step := range proof {
			fmt.Printf(" %x", step[:])
		}
		fmt.Println()
	}
	for old := int64(1); old <= size; old += 41 {
		before, err := tlog.TreeHash(old, reader)
		check(err, "older tree")
		proof, err := tlog.ProveTree(size, old, reader)
		check(err, "consistency")
		check(tlog.CheckTree(proof, size, root, old, before), "consistency")
		fmt.Printf("consistency %d", old)
		for _, step := range proof {
			fmt.Printf(" %x", step[:])
		}
		fmt.Println()
	}
	fmt.Printf("ok %d %x\n", size, root[:])
}
