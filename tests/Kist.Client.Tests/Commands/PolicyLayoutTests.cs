using FsCheck;
using FsCheck.Fluent;
using Kist.Commands.Policies;

namespace Kist.Client.Tests.Commands;

public sealed class PolicyLayoutTests
{
    [Fact]
    public void A_policy_is_brought_into_the_usual_layout()
    {
        const string Untidy = """


            # who may read
              path "secret/data/{app}/*" {
            capabilities=["read","list"]   # = not aligned
                min_wrapping_ttl    =   "1s"


            allowed_parameters = {
            "a" = []
            "longer" = [ "x",
            "y" ]
            }
            }
            /* kept {
                 as it is */
            path "b" { capabilities = ["deny"] }
            """;
        const string Tidy = """
            # who may read
            path "secret/data/{app}/*" {
              capabilities     = ["read","list"]   # = not aligned
              min_wrapping_ttl = "1s"

              allowed_parameters = {
                "a"      = []
                "longer" = [ "x",
                  "y" ]
              }
            }
            /* kept {
                 as it is */
            path "b" { capabilities = ["deny"] }

            """;
        Assert.Equal(Tidy, PolicyLayout.Format(Untidy));
        Assert.Equal(Tidy, PolicyLayout.Format(Tidy));
    }

    [Fact]
    public void Formatting_changes_white_space_only_and_is_stable_whatever_the_text() => Prop.ForAll(
        Gen.ArrayOf(Gen.Elements("path", "\"a b\"", "{", "}", "[", "]", "=", " ", "\n", "\n", "# c", "// d", "/*", "*/", "\"", "\\", "x", "E", ",", "/"))
            .Select(string.Concat).ToArbitrary(),
        source =>
        {
            var formatted = PolicyLayout.Format(source);
            return Bare(formatted) == Bare(source) && PolicyLayout.Format(formatted) == formatted;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task The_command_rewrites_the_file()
    {
        using var cli = new Fakes.Cli();
        var file = cli.Home.File("a.hcl", "path \"a\" {\ncapabilities=[]\n}");
        Assert.Equal(0, (await cli.RunAsync("policy", "fmt", file)).Code);
        Assert.Equal("path \"a\" {\n  capabilities = []\n}\n", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task A_file_that_cannot_be_formatted_is_left_alone()
    {
        using var cli = new Fakes.Cli();
        var file = cli.Home.File("a.hcl", "path \"a\" {");
        var result = await cli.RunAsync("policy", "fmt", file);
        Assert.Equal(1, result.Code);
        Assert.Contains("line 1", result.Error);
        Assert.Equal("path \"a\" {", await File.ReadAllTextAsync(file));
    }

    private static string Bare(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
}
