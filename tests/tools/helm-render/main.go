// helm-render prints what a chart gives with some values, as `helm template` does. Helm itself cannot be had from Debian, so this is Helm's engine in
// small, from what its documentation says of it: text/template with sprig's functions (without env and expandenv) and include, tpl, required, toYaml,
// fromYaml, toJson, fromJson, lookup and fail; .Values (a null takes a default away), .Chart, .Release, .Capabilities and .Template; missing keys are
// empty; values are checked against values.schema.json, by the library that Helm uses. It knows no subcharts, hooks or .Files, of which the chart
// has none.
//
//	helm-render [-f VALUES]... [-name RELEASE] [-namespace NS] [-kube-version V] [-notes] CHART
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"github.com/xeipuuv/gojsonschema"
	"sigs.k8s.io/yaml"
)

type object = map[string]interface{}

// Includes that call themselves would not end.
const deepestInclude = 1000

type files []string

func (f *files) String() string     { return strings.Join(*f, ",") }
func (f *files) Set(s string) error { *f = append(*f, s); return nil }

type apiVersions []string

// Has answers whether the cluster serves a version, or a kind of one (apps/v1/Deployment).
func (v apiVersions) Has(version string) bool {
	for _, known := range v {
		if known == version {
			return true
		}
	}
	return false
}

type kubeVersion struct{ Version, Major, Minor string }

func (k kubeVersion) String() string { return k.Version }

type capabilities struct {
	KubeVersion kubeVersion
	APIVersions apiVersions
}

func main() {
	var valueFiles files
	flag.Var(&valueFiles, "f", "values, over those of the chart and of earlier files")
	name := flag.String("name", "kist", "the release's name")
	namespace := flag.String("namespace", "kist", "the release's namespace")
	version := flag.String("kube-version", "v1.31.0", "the cluster's version")
	notes := flag.Bool("notes", false, "print NOTES.txt alone")
	flag.Parse()
	if flag.NArg() != 1 {
		fatal(errors.New("one chart, please"))
	}
	text, err := render(flag.Arg(0), valueFiles, *name, *namespace, *version, *notes)
	if err != nil {
		fatal(err)
	}
	fmt.Print(text)
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "helm-render:", err)
	os.Exit(1)
}

func render(folder string, valueFiles []string, name, namespace, version string, notes bool) (string, error) {
	chart, values := object{}, object{}
	if err := readYaml(filepath.Join(folder, "Chart.yaml"), &chart); err != nil {
		return "", err
	}
	if err := readYaml(filepath.Join(folder, "values.yaml"), &values); err != nil {
		return "", err
	}
	given := object{}
	for _, file := range valueFiles {
		next := object{}
		if err := readYaml(file, &next); err != nil {
			return "", err
		}
		given = overlay(next, given, false)
	}
	values = overlay(given, values, true)
	if err := check(folder, values); err != nil {
		return "", err
	}
	top := object{
		"Values": values,
		// Chart.yaml's keys, of which templates see the first letter as a capital.
		"Chart":   capitalised(chart),
		"Release": object{"Name": name, "Namespace": namespace, "Service": "Helm", "IsInstall": true, "IsUpgrade": false, "Revision": 1},
		"Capabilities": capabilities{
			KubeVersion: parseVersion(version),
			APIVersions: apiVersions{"v1", "apps/v1", "policy/v1", "networking.k8s.io/v1", "rbac.authorization.k8s.io/v1"},
		},
	}
	return execute(folder, fmt.Sprint(chart["name"]), top, notes)
}

func execute(folder, chartName string, top object, notes bool) (string, error) {
	root := template.New("gotpl").Option("missingkey=zero")
	root.Funcs(functions(root))
	names, err := parse(root, folder, chartName)
	if err != nil {
		return "", err
	}
	var output strings.Builder
	for _, name := range names {
		base := path.Base(name)
		if strings.HasPrefix(base, "_") || (base == "NOTES.txt") != notes {
			continue
		}
		top["Template"] = object{"Name": name, "BasePath": path.Join(chartName, "templates")}
		var text bytes.Buffer
		if err := root.ExecuteTemplate(&text, name, top); err != nil {
			return "", err
		}
		// Helm does likewise: missingkey=zero prints this for what an untyped map lacks.
		clean := strings.ReplaceAll(text.String(), "<no value>", "")
		if notes {
			return clean, nil
		}
		if strings.TrimSpace(clean) != "" {
			fmt.Fprintf(&output, "---\n# Source: %s\n%s\n", name, clean)
		}
	}
	return output.String(), nil
}

func parse(root *template.Template, folder, chartName string) ([]string, error) {
	var names []string
	templates := filepath.Join(folder, "templates")
	err := filepath.Walk(templates, func(file string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(folder, file)
		if err != nil {
			return err
		}
		name := path.Join(chartName, filepath.ToSlash(relative))
		names = append(names, name)
		_, err = root.New(name).Parse(string(text))
		return err
	})
	sort.Strings(names)
	return names, err
}

func functions(root *template.Template) template.FuncMap {
	all := sprig.TxtFuncMap()
	delete(all, "env")
	delete(all, "expandenv")
	depth := map[string]int{}
	all["include"] = func(name string, data interface{}) (string, error) {
		if depth[name] > deepestInclude {
			return "", fmt.Errorf("%s includes itself without an end", name)
		}
		depth[name]++
		defer func() { depth[name]-- }()
		var text strings.Builder
		err := root.ExecuteTemplate(&text, name, data)
		return text.String(), err
	}
	all["tpl"] = func(text string, data interface{}) (string, error) {
		copied, err := root.Clone()
		if err != nil {
			return "", err
		}
		parsed, err := copied.New(root.Name()).Parse(text)
		if err != nil {
			return "", err
		}
		var output strings.Builder
		err = parsed.Execute(&output, data)
		return strings.ReplaceAll(output.String(), "<no value>", ""), err
	}
	all["required"] = func(warning string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return value, errors.New(warning)
		}
		return value, nil
	}
	all["fail"] = func(message string) (string, error) { return "", errors.New(message) }
	all["lookup"] = func(string, string, string, string) (object, error) { return object{}, nil }
	all["toYaml"] = func(value interface{}) string {
		text, err := yaml.Marshal(value)
		if err != nil {
			return ""
		}
		return strings.TrimSuffix(string(text), "\n")
	}
	all["fromYaml"] = func(text string) object {
		value := object{}
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			value["Error"] = err.Error()
		}
		return value
	}
	all["toJson"] = func(value interface{}) string {
		text, err := json.Marshal(value)
		if err != nil {
			return ""
		}
		return string(text)
	}
	all["fromJson"] = func(text string) object {
		value := object{}
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			value["Error"] = err.Error()
		}
		return value
	}
	return all
}

// overlay lays one map over another. Where nulls delete, a null takes away what is below; else it is kept for the next overlay.
func overlay(over, under object, nullsDelete bool) object {
	result := object{}
	for key, value := range under {
		result[key] = value
	}
	for key, value := range over {
		if value == nil && nullsDelete {
			delete(result, key)
			continue
		}
		above, isMap := value.(object)
		below, wasMap := result[key].(object)
		if isMap && (wasMap || nullsDelete) {
			value = overlay(above, below, nullsDelete)
		}
		result[key] = value
	}
	return result
}

func check(folder string, values object) error {
	schema, err := os.ReadFile(filepath.Join(folder, "values.schema.json"))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	result, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(schema), gojsonschema.NewBytesLoader(text))
	if err != nil {
		return err
	}
	if result.Valid() {
		return nil
	}
	message := "values don't meet the specifications of the schema:"
	for _, fault := range result.Errors() {
		message += "\n- " + fault.String()
	}
	return errors.New(message)
}

func readYaml(file string, into *object) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	// A key that stands twice is an error to Helm's linter.
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func capitalised(chart object) object {
	result := object{}
	for key, value := range chart {
		if key == "apiVersion" {
			key = "APIVersion"
		}
		result[strings.ToUpper(key[:1])+key[1:]] = value
	}
	return result
}

func parseVersion(version string) kubeVersion {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	parsed := kubeVersion{Version: version, Major: parts[0]}
	if len(parts) > 1 {
		parsed.Minor = parts[1]
	}
	return parsed
}
