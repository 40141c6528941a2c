using Kist.Client.Tests.Fakes;
using Kist.Commands.Arguments;
using Kist.Commands.Kms;
using Kist.Wire.Yaml;

namespace Kist.Client.Tests.Commands;

/// <summary>The files in <c>deploy/kms</c> call the command as it is.</summary>
public sealed class KmsDeploymentTests
{
    [Fact]
    public void The_pod_gives_flags_that_there_are_and_has_mounted_what_they_name()
    {
        var container = Assert.IsType<YamlMap>(Assert.Single(((YamlList)At(Read("kist-kms.pod.yaml"), "spec", "containers")).Elements));
        var arguments = ((YamlList)At(container, "args")).Elements.Select(Text).ToList();
        var flags = Parse(arguments);
        Assert.NotEmpty(flags);
        var mounts = ((YamlList)At(container, "volumeMounts")).Elements.Select(mount => Text(At(mount, "mountPath"))).ToList();
        var paths = flags.Values.Where(static value => value.StartsWith('/')).ToList();
        Assert.True(paths.Count >= 3, string.Join(' ', paths));
        Assert.All(paths, path => Assert.Contains(Path.GetDirectoryName(path), mounts));
        Assert.Equal(["/livez", "/readyz"], Probes(container).Select(probe => Text(At(probe, "path"))));
        Assert.All(Probes(container), probe => Assert.Equal(flags["health-address"], $"{Text(At(probe, "host"))}:{Text(At(probe, "port"))}"));
    }

    [Fact]
    public void Every_mount_of_the_pod_has_its_volume()
    {
        var pod = Read("kist-kms.pod.yaml");
        var volumes = ((YamlList)At(pod, "spec", "volumes")).Elements.Select(volume => Text(At(volume, "name")));
        var mounts = ((YamlList)At(((YamlList)At(pod, "spec", "containers")).Elements[0], "volumeMounts")).Elements.Select(mount => Text(At(mount, "name")));
        Assert.Equal(volumes.Order(StringComparer.Ordinal), mounts.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_unit_and_the_example_of_its_environment_give_flags_that_there_are()
    {
        var lines = File.ReadAllLines(FileOf("kist-kms.service"));
        var start = lines.Single(static line => line.StartsWith("ExecStart=", StringComparison.Ordinal)).Split(' ');
        Assert.Equal("$KIST_KMS_FLAGS", start[^1]);
        var environment = lines.Single(static line => line.StartsWith("# KIST_KMS_FLAGS=", StringComparison.Ordinal)).Split('"')[1].Split(' ');
        var flags = Parse([.. start[1..^1], .. environment]);
        Assert.Equal("k8s", flags["transit-key"]);
    }

    [Fact]
    public void All_three_files_speak_of_one_socket()
    {
        var resource = ((YamlList)At(Read("encryption-configuration.yaml"), "resources")).Elements[0];
        var endpoint = Text(At(((YamlList)At(resource, "providers")).Elements[0], "kms", "endpoint"));
        Assert.StartsWith("unix://", endpoint, StringComparison.Ordinal);
        var flag = $" -socket={endpoint["unix://".Length..]}";
        Assert.Contains(flag, File.ReadAllText(FileOf("kist-kms.service")));
        Assert.Contains(flag, File.ReadAllText(FileOf("kist-kms.pod.yaml")));
    }

    private static Dictionary<string, string> Parse(List<string> arguments)
    {
        Assert.Equal(["kms", "serve"], arguments.Take(2));
        var flags = arguments.Skip(2).ToList();
        var parsed = FlagParser.Parse(flags, KmsServeCommand.Serve.AllFlags);
        Assert.Empty(parsed.Positional);
        return flags.Select(static flag => flag.TrimStart('-').Split('=', 2)).ToDictionary(static f => f[0], static f => f[1], StringComparer.Ordinal);
    }

    private static IEnumerable<YamlValue> Probes(YamlMap container) =>
        [At(container, "livenessProbe", "httpGet"), At(container, "readinessProbe", "httpGet")];

    private static string FileOf(string name) => Path.Combine(Repository.Root, "deploy", "kms", name);

    private static YamlValue Read(string name)
    {
        var reading = YamlReader.Read(File.ReadAllText(FileOf(name)));
        Assert.Null(reading.Fault);
        return reading.Root!;
    }

    private static YamlValue At(YamlValue value, params string[] path)
    {
        foreach (var name in path)
            value = Assert.Single(((YamlMap)value).Entries, entry => entry.Key == name).Value;
        return value;
    }

    private static string Text(YamlValue value) => ((YamlScalar)value).Text;
}
