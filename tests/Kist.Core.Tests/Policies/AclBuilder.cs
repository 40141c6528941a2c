using System.Net;
using System.Text;
using Kist.Core.Pipeline;
using Kist.Core.Policies;
using Kist.Core.Policies.Parsing;

namespace Kist.Core.Tests.Policies;

/// <summary>Compiles policy texts and asks about requests.</summary>
internal static class AclBuilder
{
    /// <summary>A Wednesday.</summary>
    public static readonly DateTimeOffset Noon = new(2026, 7, 15, 12, 0, 0, TimeSpan.Zero);

    public static Policy Policy(string text)
    {
        var parsed = PolicyParser.Parse("test", text);
        Assert.True(parsed.Succeeded, parsed.Failure?.Message);
        return parsed.Value;
    }

    public static string[] Faults(string text) => PolicyParser.Parse("app", text).Failure?.Message.Split('\n') ?? [];

    /// <summary>One policy for each text.</summary>
    public static Acl Acl(params string[] texts) => Core.Policies.Acl.Compile([.. texts.Select(Policy)]);

    public static AclReason Ask(
        this Acl acl,
        string path,
        Operation operation = Operation.Read,
        string body = "",
        string? address = null,
        DateTimeOffset? now = null,
        TimeSpan? wrap = null,
        params (string Name, string Value)[] query)
    {
        var parameters = query.Select(q => KeyValuePair.Create(q.Name, q.Value)).ToList();
        var client = address is null ? null : IPAddress.Parse(address);
        return acl.Check(new AclQuery(path, operation, client, now ?? Noon, wrap, Encoding.UTF8.GetBytes(body), parameters)).Reason;
    }

    public static bool Allows(this Acl acl, string path, Operation operation = Operation.Read) => acl.Ask(path, operation) == AclReason.Granted;

    /// <summary>What the acl grants at a path, as one string.</summary>
    public static string At(this Acl acl, string path, string? address = null, DateTimeOffset? now = null) =>
        string.Join(' ', acl.Capabilities(path, address is null ? null : IPAddress.Parse(address), now ?? Noon));
}
