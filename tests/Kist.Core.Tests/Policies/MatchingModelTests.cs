using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Pipeline;

namespace Kist.Core.Tests.Policies;

/// <summary>Compares the compiled rules with a naive model: patterns as regular expressions, all compared with each other at every request.</summary>
public sealed class MatchingModelTests
{
    private static readonly string[] Names = ["create", "delete", "list", "patch", "read", "scan", "sudo", "update"];

    private static readonly Gen<string> Segment = Gen.Frequency(
        (6, Gen.Elements("a", "b", "ab")), (4, Gen.Constant("+")), (1, Gen.Elements("+a", "a*b", "")));

    private static readonly Gen<string> Pattern =
        from length in Gen.Choose(1, 4)
        from segments in Segment.ListOf(length)
        from tail in Gen.Elements("", "", "*", "/*", "/")
        let text = string.Join('/', segments).TrimStart('/') + tail
        where text.Length > 0 && !text.StartsWith('/') && !text.Contains("+*", StringComparison.Ordinal)
        select text;

    private static readonly Gen<Rule> Rules =
        from pattern in Pattern
        from capabilities in Gen.Frequency((9, Gen.SubListOf(Names).Select(l => l.ToArray())), (1, Gen.Constant<string[]>(["deny"])))
        select new Rule(pattern, capabilities);

    private static readonly Gen<string> RequestPath =
        from length in Gen.Choose(1, 4)
        from segments in Gen.Frequency((8, Gen.Elements("a", "b", "ab")), (1, Gen.Elements("abc", "+", "+a", "a*b"))).ListOf(length)
        from slash in Gen.Elements("", "", "/")
        select string.Join('/', segments) + slash;

    [Fact]
    public void Every_decision_is_the_one_of_the_naive_model()
    {
        var cases =
            from policies in Rules.ListOf().Select(l => l.Take(12).ToArray()).ListOf()
            from paths in RequestPath.ListOf(20)
            select (Policies: policies.Take(4).ToArray(), Paths: paths.ToArray());
        Prop.ForAll(Arb.From(cases), c => Agrees(c.Policies, c.Paths)).Check(Config.QuickThrowOnFailure.WithMaxTest(1500));
    }

    [Fact]
    public void Generated_paths_meet_every_kind_of_pattern()
    {
        // Without this the comparison could pass by never matching anything.
        var pairs =
            from pattern in Pattern
            from path in RequestPath
            select (pattern, path);
        var matched = pairs.Sample(5000).Where(p => new Rule(p.pattern, []).Matches(p.path)).Select(p => p.pattern).ToList();
        Assert.Contains(matched, p => !p.Contains('+', StringComparison.Ordinal) && !p.EndsWith('*'));
        Assert.Contains(matched, p => !p.Contains('+', StringComparison.Ordinal) && p.EndsWith('*'));
        Assert.Contains(matched, p => p.Split('/').Contains("+", StringComparer.Ordinal) && !p.EndsWith('*'));
        Assert.Contains(matched, p => p.Split('/').Contains("+", StringComparer.Ordinal) && p.EndsWith('*'));
    }

    private static bool Agrees(Rule[][] policies, string[] paths)
    {
        var acl = AclBuilder.Acl([.. policies.Select(Text)]);
        var all = policies.SelectMany(p => p).ToArray();
        foreach (var path in paths)
        {
            foreach (var operation in Enum.GetValues<Operation>())
            {
                var granted = Model(all, path, operation is Operation.List or Operation.Scan);
                if (acl.Allows(path, operation) != granted.Contains(Name(operation), StringComparer.Ordinal))
                    return false;
            }
            var listed = Model(all, path, folder: true);
            if (acl.At(path) != (listed.Length == 0 ? "deny" : string.Join(' ', listed)))
                return false;
        }
        return true;
    }

    private static string Text(Rule[] rules) =>
        string.Join('\n', rules.Select(r => $"path \"{r.Path}\" {{ capabilities = [{string.Join(", ", r.Granted.Select(c => $"\"{c}\""))}] }}"));

    private static string Name(Operation operation) => operation.ToString().ToLowerInvariant();

    private static string[] Model(Rule[] rules, string path, bool folder)
    {
        var name = path.EndsWith('/') ? path[..^1] : path;
        string?[] candidates =
        [
            rules.Where(r => r.IsExact && r.Path == path).Select(r => r.Path).FirstOrDefault(),
            folder ? rules.Where(r => r.IsExact && r.Path == name).Select(r => r.Path).FirstOrDefault() : null,
            Best(rules, path),
            folder && name != path ? Best(rules, name) : null,
        ];
        var winner = candidates.FirstOrDefault(c => c is not null);
        var granted = rules.Where(r => r.Path == winner).SelectMany(r => r.Granted).Distinct().Order(StringComparer.Ordinal).ToArray();
        return granted.Contains("deny", StringComparer.Ordinal) ? [] : granted;
    }

    private static string? Best(Rule[] rules, string path)
    {
        Rule? best = null;
        foreach (var rule in rules.Where(r => !r.IsExact && r.Matches(path)))
        {
            if (best is null || IsLower(best, rule))
                best = rule;
        }
        return best?.Path;
    }

    // The five sentences of the documentation, one after the other.
    private static bool IsLower(Rule p1, Rule p2)
    {
        if (p1.FirstWildcard != p2.FirstWildcard)
            return p1.FirstWildcard < p2.FirstWildcard;
        if (p1.Path.EndsWith('*') != p2.Path.EndsWith('*'))
            return p1.Path.EndsWith('*');
        if (p1.Pluses != p2.Pluses)
            return p1.Pluses > p2.Pluses;
        if (p1.Path.Length != p2.Path.Length)
            return p1.Path.Length < p2.Path.Length;
        return string.CompareOrdinal(p1.Path, p2.Path) < 0;
    }

    private sealed record Rule(string Path, string[] Granted)
    {
        private string[] Segments => Path.TrimEnd('*').Split('/');

        public int Pluses => Segments.Count(s => s == "+");

        public bool IsExact => Pluses == 0 && !Path.EndsWith('*');

        public int FirstWildcard => Pluses > 0 ? Segments.TakeWhile(s => s != "+").Sum(s => s.Length + 1) : Path.Length - 1;

        public bool Matches(string path)
        {
            var segments = Segments.Select(s => s == "+" ? "[^/]*" : Regex.Escape(s));
            var regex = $@"\A{string.Join('/', segments)}{(Path.EndsWith('*') ? ".*" : "")}\z";
            return Regex.IsMatch(path, regex, RegexOptions.Singleline | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(10));
        }
    }
}
