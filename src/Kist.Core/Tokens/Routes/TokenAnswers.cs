using Kist.Core.Pipeline;

namespace Kist.Core.Tokens.Routes;

internal static class TokenAnswers
{
    /// <summary>The <c>auth</c> block of an issued or renewed token; its hints and its revision go to the answer.</summary>
    public static Outcome<IssuedToken> ToAnswer(this Outcome<TokenResult> result, RequestContext context)
    {
        if (!result.Succeeded)
            return result.Failure;
        foreach (var warning in result.Value.Warnings)
            context.Warn(warning);
        context.Index = result.Value.Revision;
        return result.Value.Token;
    }

    /// <summary>Nothing, with the revision of a revocation.</summary>
    public static Outcome<Nothing> ToAnswer(this Outcome<long> revision, RequestContext context)
    {
        if (!revision.Succeeded)
            return revision.Failure;
        context.Index = revision.Value;
        return default(Nothing);
    }
}
