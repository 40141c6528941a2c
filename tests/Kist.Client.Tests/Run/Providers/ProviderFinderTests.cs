using Kist.Client.Run;
using Kist.Client.Run.Providers;

namespace Kist.Client.Tests.Run.Providers;

/// <summary>Where a provider comes from, and its version: 13 and 15 of Summon's edge cases.</summary>
public sealed class ProviderFinderTests : IDisposable
{
    private readonly ProviderScript scripts = new();
    private readonly ProviderScript others = new();

    private ProviderSettings Settings => new() { Folder = scripts.Folder, SystemFolder = "/nowhere", ProgramFolder = "/nowhere/bin" };

    public void Dispose()
    {
        scripts.Dispose();
        others.Dispose();
    }

    [Fact]
    public void Only_provider_of_the_folder_is_taken() => Assert.Equal(scripts.Write("one", ""), ProviderFinder.Find(Settings));

    [Fact]
    public void Several_need_a_choice()
    {
        var two = scripts.Write("two", "");
        scripts.Write("one", "");
        Assert.Equal($"More than one provider found in {scripts.Folder}, please specify one", Fails(Settings));
        Assert.Equal(two, ProviderFinder.Find(Settings with { Provider = "two" }));
    }

    [Fact]
    public void None_is_an_error() => Assert.StartsWith("Could not resolve a provider!", Fails(Settings), StringComparison.Ordinal);

    [Fact]
    public void Missing_provider_is_an_error() =>
        Assert.Equal($"provider {scripts.At("nothing")} does not exist", Fails(Settings with { Provider = "nothing" }));

    [Fact]
    public void Name_with_a_slash_is_a_path()
    {
        var path = others.Write("p", "");
        Assert.Equal(path, ProviderFinder.Find(Settings with { Provider = path }));
        Assert.Equal(path, ProviderFinder.Find(Settings with { Provider = Path.GetRelativePath(Environment.CurrentDirectory, path) }));
    }

    [Fact]
    public void First_folder_that_exists_counts_and_they_are_not_merged()
    {
        Directory.CreateDirectory(others.At("bin/Providers"));
        Directory.CreateDirectory(others.At("lib/summon"));
        var settings = new ProviderSettings { SystemFolder = "/nowhere", ProgramFolder = others.At("bin") };
        Assert.Equal(others.At("bin/Providers"), ProviderFinder.FindFolder(settings));
        Assert.Equal(scripts.Folder, ProviderFinder.FindFolder(settings with { SystemFolder = scripts.Folder }));
        Assert.Equal(others.Folder, ProviderFinder.FindFolder(settings with { SystemFolder = scripts.Folder, Folder = others.Folder }));
        Directory.Delete(others.At("bin/Providers"));
        Assert.Equal(others.At("lib/summon"), ProviderFinder.FindFolder(settings));
    }

    [Fact]
    public void Without_a_folder_all_are_listed()
    {
        var message = Fails(Settings with { Folder = "/not-there" });
        Assert.All((string[])["/not-there", "/nowhere,", "/nowhere/bin/Providers", "/nowhere/lib/summon"], f => Assert.Contains(f, message));
    }

    [Fact]
    public async Task Versions_are_listed_also_of_those_that_know_none()
    {
        scripts.Write("good", "[ \"$1\" = --version ] && printf ' 1.2.3\\n\\n'");
        scripts.Write("old", "echo 'usage' >&2; exit 1");
        await File.WriteAllTextAsync(scripts.At("text"), "");
        Assert.Equal(
            $"Provider versions in {scripts.Folder}:\ngood version 1.2.3\nold: unknown version\ntext: unknown version\n",
            await ProviderVersions.DescribeAsync(scripts.Folder, default));
    }

    private static string Fails(ProviderSettings settings) => Assert.Throws<RunException>(() => ProviderFinder.Find(settings)).Message;
}
