using Kist.Client.Templates;
using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Templates;

public sealed class TemplateFileReaderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public TemplateFileReaderTests()
    {
        Directory.CreateDirectory(At("in/deep"));
        Directory.CreateDirectory(At("in-not"));
        File.WriteAllText(At("in/deep/a"), "A");
        File.WriteAllText(At("in-not/b"), "B");
        File.CreateSymbolicLink(At("in/escape"), At("in-not/b"));
        File.CreateSymbolicLink(At("in/up"), "../in-not");
        File.CreateSymbolicLink(At("link-to-in"), "in");
    }

    [Theory]
    [InlineData("in", "in/deep/a")]
    [InlineData("in/", "in/deep/../deep/a")]
    [InlineData("in", "link-to-in/deep/a")]
    [InlineData("link-to-in", "in/deep/a")]
    [InlineData("link-to-in/deep", "link-to-in/deep/a")]
    public async Task Files_in_the_sandbox_are_read_whatever_way_leads_to_them(string sandbox, string path) =>
        Assert.Equal("A", await ReadAsync(At(sandbox), path));

    [Theory]
    [InlineData("in-not/b")]
    [InlineData("in/../in-not/b")]
    [InlineData("in/escape")]
    [InlineData("in/up/b")]
    public async Task Files_outside_of_the_sandbox_are_refused_whatever_way_leads_to_them(string path)
    {
        var fault = await Assert.ThrowsAsync<IOException>(() => ReadAsync(At("in"), path));
        Assert.Contains("lies outside of", fault.Message);
        Assert.Equal("B", await ReadAsync(null, path));
    }

    [Fact]
    public async Task A_file_that_is_too_large_is_refused()
    {
        await using (var file = File.Create(At("large")))
            file.SetLength(TemplateFileReader.MaxBytes + 1L);
        await Assert.ThrowsAsync<IOException>(() => ReadAsync(null, "large"));
        await Assert.ThrowsAsync<FileNotFoundException>(() => ReadAsync(null, "none"));
    }

    [Fact]
    public async Task A_pipe_is_refused_and_not_waited_for()
    {
        using (var made = System.Diagnostics.Process.Start("mkfifo", At("pipe")))
            await made.WaitForExitAsync();
        var reading = Task.Run(() => ReadAsync(null, "pipe"));
        await Assert.ThrowsAsync<IOException>(() => reading.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    public void Dispose() => folder.Dispose();

    private string At(string name) => folder.At(name);

    private async Task<string> ReadAsync(string? sandbox, string path)
    {
        var value = await new TemplateFileReader(sandbox).ReadAsync(At(path), CancellationToken.None);
        return Rendering.Render("{{ file \"f\" }}", data: new FakeTemplateData().Answer(TemplateDependencyKind.File, "f", value));
    }
}
