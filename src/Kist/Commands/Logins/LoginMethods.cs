namespace Kist.Commands.Logins;

/// <summary>The auth methods that <c>login</c> knows by their types.</summary>
internal static class LoginMethods
{
    private static readonly string[] Named = ["userpass", "ldap", "radius", "okta"];

    /// <summary>Whether the method lets people in by name and password, at a path that ends in the name.</summary>
    public static bool TakesName(string type) => Named.Contains(type, StringComparer.Ordinal);

    /// <summary>How one logs in by a method; null for types that are not known here.</summary>
    public static string? Help(string type, string program)
    {
        var (words, line) = type switch
        {
            "token" => ("Logs in by a token, which is asked for.", ""),
            "approle" => (
                "Logs a program in by the id of its role and a secret id, which is asked for when it is not given.", "role_id=ID secret_id=@FILE"),
            "cert" => ("Logs in by the client certificate of the connection. Without name=, any role that takes it.",
                "-client-cert=FILE -client-key=FILE name=ROLE"),
            "jwt" => ("Logs in by a token that somebody else has signed. It is asked for when it is not given.", "role=NAME jwt=@FILE"),
            "kubernetes" => ("Logs a pod in by its service account's token: its own, unless jwt=@FILE gives another.", "role=NAME"),
            _ when TakesName(type) => (
                "Logs in by name and password, which is asked for. Without username=, the name is that of LOGNAME or USER.", "username=NAME"),
            _ => ("", ""),
        };
        if (words.Length == 0)
            return null;
        return type == "token"
            ? $"{words}\n\n    $ {program} login\n"
            : $"{words}\n\n    $ {program} login -method={type} {line}\n\nTo let people log in so: {program} auth enable {type}\n";
    }
}
