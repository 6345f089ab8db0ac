package spill

import (
	"crypto/aes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"sync"
	"unsafe"

	"golang.org/x/crypto/xts"
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// The databases of a Folder lie on disk as AES-XTS makes them, in sectors of 512
// bytes, the log of SQLite, its journals and what it sorts on disk included. This
// layer stands between SQLite and the system's own VFS, changes what is read and
// written, and hands everything else on. Memory of SQLite is addressed by
// uintptr, as everywhere in its translation to Go: the collector does not move it.
const (
	vfsName    = "kinde-migrate-spill"
	sectorSize = 512
	pieceSize  = 64 << 10 // what is encrypted at once
)

// openFile is what SQLite allocates for each file; the system's follows it.
type openFile struct {
	methods uintptr
	number  uintptr
}

const ahead = unsafe.Sizeof(openFile{})

// sealed is what we keep for an open file.
type sealed struct {
	cipher *xts.Cipher
	piece  uintptr // of pieceSize bytes and two sectors
	size   uintptr // of 8 bytes, behind them
}

const pieceRoom = pieceSize + 2*sectorSize

var layer struct {
	below   uintptr // the system's sqlite3_vfs
	methods uintptr
	secret  []byte // of this process; the keys of files are made from it

	mu    sync.Mutex
	files map[uintptr]*sealed
	last  uintptr

	// A write may change a sector that it does not fill, for which it has to read it first.
	sectors sync.RWMutex
}

// register makes the layer known to SQLite, once.
var register = sync.OnceValue(func() error {
	tls := libc.NewTLS() // for good, as the registration
	l := &layer
	l.files = map[uintptr]*sealed{}
	l.secret = make([]byte, 32)
	rand.Read(l.secret)
	if l.below = sqlite3.Xsqlite3_vfs_find(tls, 0); l.below == 0 {
		return fmt.Errorf("preparing encrypted temporary files: SQLite knows no file system")
	}
	name, err := libc.CString(vfsName)
	if err != nil {
		return fmt.Errorf("preparing encrypted temporary files: %w", err)
	}
	vfs := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	l.methods = libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_io_methods{})))
	if vfs == 0 || l.methods == 0 {
		return fmt.Errorf("preparing encrypted temporary files: out of memory")
	}
	v := at[sqlite3.Tsqlite3_vfs](vfs)
	*v = *at[sqlite3.Tsqlite3_vfs](l.below)
	v.FpNext, v.FzName = 0, name
	v.FszOsFile += int32(ahead)
	v.FxOpen = pointer(vfsOpen)
	// Version 2: with shared memory for the log's index, which holds no data, without memory-mapped reading.
	*at[sqlite3.Tsqlite3_io_methods](l.methods) = sqlite3.Tsqlite3_io_methods{FiVersion: 2,
		FxClose: pointer(fileClose), FxRead: pointer(fileRead), FxWrite: pointer(fileWrite), FxTruncate: pointer(fileTruncate),
		FxSync: pointer(fileSync), FxFileSize: pointer(fileSize), FxLock: pointer(fileLock), FxUnlock: pointer(fileUnlock),
		FxCheckReservedLock: pointer(fileCheckReservedLock), FxFileControl: pointer(fileControl), FxSectorSize: pointer(fileSectorSize),
		FxDeviceCharacteristics: pointer(fileDeviceCharacteristics), FxShmMap: pointer(fileShmMap), FxShmLock: pointer(fileShmLock),
		FxShmBarrier: pointer(fileShmBarrier), FxShmUnmap: pointer(fileShmUnmap)}
	if rc := sqlite3.Xsqlite3_vfs_register(tls, vfs, 0); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("preparing encrypted temporary files: SQLite answers %d", rc)
	}
	return nil
})

// at looks at memory of SQLite.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// bytesAt is n bytes of SQLite's memory.
func bytesAt(p uintptr, n int) []byte { return unsafe.Slice(at[byte](p), n) }

// pointer is how SQLite calls a function of ours.
func pointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

// function is how we call one of its own.
func function[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&p)) }

// under is the system's file, and what can be done with it.
func under(file uintptr) (uintptr, *sqlite3.Tsqlite3_io_methods) {
	u := file + ahead
	return u, at[sqlite3.Tsqlite3_io_methods](at[sqlite3.Tsqlite3_file](u).FpMethods)
}

func vfsOpen(tls *libc.TLS, _, name, file uintptr, flags int32, outFlags uintptr) int32 {
	l := &layer
	f := at[openFile](file)
	*f = openFile{}
	open := function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](at[sqlite3.Tsqlite3_vfs](l.below).FxOpen)
	if rc := open(tls, l.below, name, file+ahead, flags, outFlags); rc != sqlite3.SQLITE_OK {
		return rc
	}
	// All connections to one file need one key; a file without a name has one connection.
	key := make([]byte, 32)
	if name != 0 {
		mac := hmac.New(sha256.New, l.secret)
		mac.Write([]byte(libc.GoString(name)))
		key = mac.Sum(nil)
	} else {
		rand.Read(key)
	}
	cipher, err := xts.NewCipher(aes.NewCipher, key)
	piece := libc.Xmalloc(tls, pieceRoom+8)
	if err != nil || piece == 0 {
		u, m := under(file)
		function[func(*libc.TLS, uintptr) int32](m.FxClose)(tls, u)
		return sqlite3.SQLITE_NOMEM
	}
	l.mu.Lock()
	l.last++
	f.number = l.last
	l.files[f.number] = &sealed{cipher, piece, piece + pieceRoom}
	l.mu.Unlock()
	f.methods = l.methods
	return sqlite3.SQLITE_OK
}

func (f *openFile) sealed() *sealed {
	layer.mu.Lock()
	defer layer.mu.Unlock()
	return layer.files[f.number]
}

func fileClose(tls *libc.TLS, file uintptr) int32 {
	f := at[openFile](file)
	libc.Xfree(tls, f.sealed().piece)
	layer.mu.Lock()
	delete(layer.files, f.number)
	layer.mu.Unlock()
	u, m := under(file)
	return function[func(*libc.TLS, uintptr) int32](m.FxClose)(tls, u)
}

// read reads n bytes at offset, both multiples of a sector, into the piece and
// opens them; what is not in the file is zero. It returns how many bytes are.
func (s *sealed) read(tls *libc.TLS, file uintptr, n int, offset int64) (have int, rc int32) {
	u, m := under(file)
	clear(bytesAt(s.piece, n))
	rc = function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](m.FxRead)(tls, u, s.piece, int32(n), offset)
	have = n
	if rc == sqlite3.SQLITE_IOERR_SHORT_READ {
		if rc := fileSize(tls, file, s.size); rc != sqlite3.SQLITE_OK {
			return 0, rc
		}
		have = int(min(max(*at[int64](s.size)-offset, 0), int64(n)))
		have -= have % sectorSize
		clear(bytesAt(s.piece, n)[have:])
	} else if rc != sqlite3.SQLITE_OK {
		return 0, rc
	}
	data := bytesAt(s.piece, have)
	for k := 0; k < have; k += sectorSize {
		sector := data[k : k+sectorSize]
		s.cipher.Decrypt(sector, sector, uint64(offset+int64(k))/sectorSize)
	}
	return have, rc
}

// write seals the first n bytes of the piece and writes them at offset, both multiples of a sector.
func (s *sealed) write(tls *libc.TLS, file uintptr, n int, offset int64) int32 {
	data := bytesAt(s.piece, n)
	for k := 0; k < n; k += sectorSize {
		sector := data[k : k+sectorSize]
		s.cipher.Encrypt(sector, sector, uint64(offset+int64(k))/sectorSize)
	}
	u, m := under(file)
	return function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](m.FxWrite)(tls, u, s.piece, int32(n), offset)
}

// span is the part of a request that fits into the piece: from is where its first
// sector begins, skip how far into it the request does, n how many bytes of the
// request there are, and whole how many bytes of sectors they touch.
func span(amount int, offset int64) (from int64, skip, n, whole int) {
	skip = int(offset % sectorSize)
	n = min(amount, pieceSize)
	return offset - int64(skip), skip, n, (skip + n + sectorSize - 1) / sectorSize * sectorSize
}

func fileRead(tls *libc.TLS, file, buffer uintptr, amount int32, offset int64) int32 {
	s := at[openFile](file).sealed()
	layer.sectors.RLock()
	defer layer.sectors.RUnlock()
	result := int32(sqlite3.SQLITE_OK)
	for out := bytesAt(buffer, int(amount)); len(out) > 0; {
		from, skip, n, whole := span(len(out), offset)
		have, rc := s.read(tls, file, whole, from)
		if rc != sqlite3.SQLITE_OK && rc != sqlite3.SQLITE_IOERR_SHORT_READ {
			return rc
		}
		copy(out[:n], bytesAt(s.piece, whole)[skip:])
		if have < skip+n {
			result = sqlite3.SQLITE_IOERR_SHORT_READ
		}
		out, offset = out[n:], offset+int64(n)
	}
	return result
}

func fileWrite(tls *libc.TLS, file, buffer uintptr, amount int32, offset int64) int32 {
	s := at[openFile](file).sealed()
	layer.sectors.Lock()
	defer layer.sectors.Unlock()
	for in := bytesAt(buffer, int(amount)); len(in) > 0; {
		from, skip, n, whole := span(len(in), offset)
		if skip > 0 || n%sectorSize > 0 {
			if _, rc := s.read(tls, file, whole, from); rc != sqlite3.SQLITE_OK && rc != sqlite3.SQLITE_IOERR_SHORT_READ {
				return rc
			}
		}
		copy(bytesAt(s.piece, whole)[skip:], in[:n])
		if rc := s.write(tls, file, whole, from); rc != sqlite3.SQLITE_OK {
			return rc
		}
		in, offset = in[n:], offset+int64(n)
	}
	return sqlite3.SQLITE_OK
}

func fileTruncate(tls *libc.TLS, file uintptr, size int64) int32 {
	u, m := under(file)
	size = (size + sectorSize - 1) / sectorSize * sectorSize
	return function[func(*libc.TLS, uintptr, int64) int32](m.FxTruncate)(tls, u, size)
}

func fileSize(tls *libc.TLS, file, size uintptr) int32 {
	u, m := under(file)
	return function[func(*libc.TLS, uintptr, uintptr) int32](m.FxFileSize)(tls, u, size)
}

// fileDeviceCharacteristics promises nothing: a write may touch two sectors more than it fills.
func fileDeviceCharacteristics(*libc.TLS, uintptr) int32 { return 0 }

// What follows hands on.

func fileSync(tls *libc.TLS, file uintptr, flags int32) int32 {
	u, m := under(file)
	return function[func(*libc.TLS, uintptr, int32) int32](m.FxSync)(tls, u, flags)
}

func fileLock(tls *libc.TLS, file uintptr, level int32) int32 {
	u, m := under(file)
	return function[func(*libc.TLS, uintptr, int32) int32](m.FxLock)(tls, u, level)
}

func fileUnlock(tls *libc.TLS, file uintptr, level int32) int32 {
	u, m := under(file)
	return function[func(*libc.TLS, uintptr, int32) int32](m.FxUnlock)(tls, u, level)
}

func fileCheckReservedLock(tls *libc.TLS, file, result uintptr) int32 {
	u, m := under(file)
	return function[func(*libc.TLS, uintptr, uintptr) int32](m.FxCheckReservedLock)(tls, u, result)
}

func fileControl(tls *libc.TLS, file uintptr, op int32, arg uintptr) int32 {
	u, m := under(file)
	return function[func(*libc.TLS, uintptr, int32, uintptr) int32](m.FxFileControl)(tls, u, op, arg)
}

func fileSectorSize(tls *libc.TLS, file uintptr) int32 {
	u, m := under(file)
	return function[func(*libc.TLS, uintptr) int32](m.FxSectorSize)(tls, u)
}

func fileShmMap(tls *libc.TLS, file uintptr, region, size, extend int32, out uintptr) int32 {
	u, m := under(file)
	return function[func(*libc.TLS, uintptr, int32, int32, int32, uintptr) int32](m.FxShmMap)(tls, u, region, size, extend, out)
}

func fileShmLock(tls *libc.TLS, file uintptr, offset, n, flags int32) int32 {
	u, m := under(file)
	return function[func(*libc.TLS, uintptr, int32, int32, int32) int32](m.FxShmLock)(tls, u, offset, n, flags)
}

func fileShmBarrier(tls *libc.TLS, file uintptr) {
	u, m := under(file)
	function[func(*libc.TLS, uintptr)](m.FxShmBarrier)(tls, u)
}

func fileShmUnmap(tls *libc.TLS, file uintptr, remove int32) int32 {
	u, m := under(file)
	return function[func(*libc.TLS, uintptr, int32) int32](m.FxShmUnmap)(tls, u, remove)
}
