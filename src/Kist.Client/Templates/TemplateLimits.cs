using System.Runtime.CompilerServices;

namespace Kist.Client.Templates;

/// <summary>What bounds a template, so that no text and no data make its rendering endless.</summary>
internal static class TemplateLimits
{
    /// <summary>Longest template, in characters.</summary>
    public const int MaxTemplate = 4 * 1024 * 1024;

    /// <summary>Longest text that a function may give, in characters.</summary>
    public const int MaxText = 32 * 1024 * 1024;

    /// <summary>Characters, and elements of lists and maps, that all functions of one pass may give together.</summary>
    public const long MaxProduced = 16L * MaxText;

    /// <summary>Actions, turns of loops and calls of one pass.</summary>
    public const long MaxSteps = 10_000_000;

    /// <summary>Elements of a list that a function makes of a number.</summary>
    public const int MaxElements = 1_000_000;

    /// <summary>Control structures and parentheses within one another in a template's text.</summary>
    public const int MaxNesting = 200;

    /// <summary>The same while rendering, templates that call templates included.</summary>
    public const int MaxDepth = 1000;

    /// <summary>Lists and maps within one another.</summary>
    public const int MaxValueDepth = 200;

    /// <summary>Rounds of fetching, each of which needs what the one before brought.</summary>
    public const int MaxPasses = 64;

    /// <summary>Requests of one rendering under way at once.</summary>
    public const int MaxFetches = 16;

    /// <summary>Refuses values that are nested too deeply, or that contain themselves.</summary>
    public static void CheckValueDepth(int depth)
    {
        if (depth > MaxValueDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateFaultException($"the value is nested deeper than {MaxValueDepth} levels");
    }
}
