package store

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"syscall"
)

// Dir is Objects in a folder, a file each, for a laptop. Content types are not
// kept: a file's name has to tell.
type Dir struct{ path string }

// NewDir returns the objects in the folder at path, which the first Put makes.
func NewDir(path string) *Dir { return &Dir{path} }

// Put implements Objects. The folder is opened as a root that nothing leaves,
// neither by name nor by a symbolic link.
func (o *Dir) Put(ctx context.Context, key, _ string, body []byte) error {
	op := "put " + o.Location(key)
	if err := firstError(ctx.Err(), checkObjectKey(key)); err != nil {
		return wrap(op, err)
	}
	if err := os.MkdirAll(o.path, 0o755); err != nil {
		return wrap(op, err)
	}
	root, err := os.OpenRoot(o.path)
	if err != nil {
		return wrap(op, err)
	}
	defer root.Close()
	if err := root.MkdirAll(path.Dir(key), 0o755); err != nil {
		return wrap(op, err)
	}
	tmp := path.Join(path.Dir(key), ".tmp-"+rand.Text())
	if err := writeSynced(root, tmp, body); err != nil {
		return wrap(op, errors.Join(err, root.Remove(tmp)))
	}
	if err := root.Rename(tmp, key); err != nil {
		return wrap(op, errors.Join(err, root.Remove(tmp)))
	}
	return nil
}

func writeSynced(root *os.Root, name string, body []byte) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	return errors.Join(err, f.Sync(), f.Close())
}

// Get implements Objects.
func (o *Dir) Get(ctx context.Context, key string) ([]byte, error) {
	op := "get " + o.Location(key)
	if err := firstError(ctx.Err(), checkObjectKey(key)); err != nil {
		return nil, wrap(op, err)
	}
	root, err := os.OpenRoot(o.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, wrap(op, ErrNotFound)
	}
	if err != nil {
		return nil, wrap(op, err)
	}
	defer root.Close()
	body, err := root.ReadFile(key)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.ENOTDIR) {
		return nil, wrap(op, ErrNotFound)
	}
	return body, wrap(op, err)
}

// URL implements Objects: a file URL.
func (o *Dir) URL(key string) string {
	file := o.Location(key)
	if abs, err := filepath.Abs(file); err == nil {
		file = abs
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String()
}

// Location implements Objects.
func (o *Dir) Location(key string) string { return filepath.Join(o.path, filepath.FromSlash(key)) }
