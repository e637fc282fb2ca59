package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// A catalog is what the provider can be asked for, by the names of the types. It
// leaves out what a tree does not name: types, and optional blocks in them. The
// web ACL alone has thousands, and costs seconds for each run of a test.
type catalog struct {
	provider    *tfprotov5.Schema
	resources   map[string]*tfprotov5.Schema
	dataSources map[string]*tfprotov5.Schema
	ephemerals  map[string]*tfprotov5.Schema
}

// The members of the file that protocol 5 has a place for. The types stay raw
// until one is wanted: all of them take ten times as long.
type (
	fileDocument struct {
		Providers map[string]providerDocument `json:"provider_schemas"`
	}
	providerDocument struct {
		Provider    json.RawMessage            `json:"provider"`
		Resources   map[string]json.RawMessage `json:"resource_schemas"`
		DataSources map[string]json.RawMessage `json:"data_source_schemas"`
		Ephemerals  map[string]json.RawMessage `json:"ephemeral_resource_schemas"`
	}
	schemaDocument struct {
		Version int64         `json:"version"`
		Block   blockDocument `json:"block"`
	}
	blockDocument struct {
		Attributes map[string]attributeDocument `json:"attributes"`
		Blocks     map[string]nestedDocument    `json:"block_types"`
	}
	attributeDocument struct {
		Type      json.RawMessage `json:"type"`
		Required  bool            `json:"required"`
		Optional  bool            `json:"optional"`
		Computed  bool            `json:"computed"`
		Sensitive bool            `json:"sensitive"`
		WriteOnly bool            `json:"write_only"`
	}
	nestedDocument struct {
		Block blockDocument `json:"block"`
		Mode  string        `json:"nesting_mode"`
		Min   int64         `json:"min_items"`
		Max   int64         `json:"max_items"`
	}
)

var nestingModes = map[string]tfprotov5.SchemaNestedBlockNestingMode{
	"single": tfprotov5.SchemaNestedBlockNestingModeSingle,
	"list":   tfprotov5.SchemaNestedBlockNestingModeList,
	"set":    tfprotov5.SchemaNestedBlockNestingModeSet,
}

// A filter says of a name whether somebody may ask for it.
type filter func(name string) bool

func readCatalog(r io.Reader, isWanted filter) (*catalog, error) {
	var file fileDocument
	if err := json.NewDecoder(r).Decode(&file); err != nil {
		return nil, err
	}
	for name, p := range file.Providers {
		if strings.HasSuffix(name, "/"+address) {
			return p.catalog(isWanted)
		}
	}
	return nil, fmt.Errorf("holds no schema of %s", address)
}

func (p providerDocument) catalog(isWanted filter) (*catalog, error) {
	provider, err := decodeSchema(p.Provider, isWanted)
	if err != nil {
		return nil, fmt.Errorf("provider: %w", err)
	}
	c := &catalog{provider: provider}
	for _, kind := range []struct {
		in  map[string]json.RawMessage
		out *map[string]*tfprotov5.Schema
	}{
		{p.Resources, &c.resources},
		{p.DataSources, &c.dataSources},
		{p.Ephemerals, &c.ephemerals},
	} {
		*kind.out = map[string]*tfprotov5.Schema{}
		for name, raw := range kind.in {
			if !isWanted(name) {
				continue
			}
			if (*kind.out)[name], err = decodeSchema(raw, isWanted); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return c, nil
}

func decodeSchema(raw json.RawMessage, isWanted filter) (*tfprotov5.Schema, error) {
	var d schemaDocument
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, err
	}
	block, err := d.Block.decode(isWanted)
	return &tfprotov5.Schema{Version: d.Version, Block: block}, err
}

func (d blockDocument) decode(isWanted filter) (*tfprotov5.SchemaBlock, error) {
	block := &tfprotov5.SchemaBlock{}
	for _, name := range slices.Sorted(maps.Keys(d.Attributes)) {
		attribute, err := d.Attributes[name].decode(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		block.Attributes = append(block.Attributes, attribute)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Blocks)) {
		if d.Blocks[name].Min == 0 && !isWanted(name) {
			continue
		}
		nested, err := d.Blocks[name].decode(name, isWanted)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		block.BlockTypes = append(block.BlockTypes, nested)
	}
	return block, nil
}

func (d attributeDocument) decode(name string) (*tfprotov5.SchemaAttribute, error) {
	//lint:ignore SA1019 there is no other decoder of the types that Terraform prints
	t, err := tftypes.ParseJSONType(d.Type)
	return &tfprotov5.SchemaAttribute{
		Name:      name,
		Type:      t,
		Required:  d.Required,
		Optional:  d.Optional,
		Computed:  d.Computed,
		Sensitive: d.Sensitive,
		WriteOnly: d.WriteOnly,
	}, err
}

func (d nestedDocument) decode(name string, isWanted filter) (*tfprotov5.SchemaNestedBlock, error) {
	mode, ok := nestingModes[d.Mode]
	if !ok {
		return nil, fmt.Errorf("nesting mode '%s'", d.Mode)
	}
	block, err := d.Block.decode(isWanted)
	return &tfprotov5.SchemaNestedBlock{
		TypeName: name,
		Block:    block,
		Nesting:  mode,
		MinItems: d.Min,
		MaxItems: d.Max,
	}, err
}

var word = regexp.MustCompile(`\w+`)

// addWordsOf adds all words of the tree's configurations and tests, less what
// engines keep in .terraform.
func addWordsOf(tree fs.FS, words map[string]bool) error {
	return fs.WalkDir(tree, ".", func(file string, entry fs.DirEntry, err error) error {
		switch ext := path.Ext(file); {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == ".terraform":
			return fs.SkipDir
		case entry.IsDir() || ext != ".tf" && ext != ".hcl":
			return nil
		}
		text, err := fs.ReadFile(tree, file)
		for _, w := range word.FindAll(text, -1) {
			words[string(w)] = true
		}
		return err
	})
}
