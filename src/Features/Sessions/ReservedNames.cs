using Intotes.Chat.Features.Queue;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// Names that no visitor may carry, as nobody could tell it from the staff: those of operators, and those that the settings reserve for the product and
/// its roles. Names are compared by how they look (<see cref="LookAlikes"/>).
/// </summary>
public sealed class ReservedNames(RosterStore roster, IOptions<ChatOptions> options, TimeProvider time)
{
    /// <summary>A reserved name of so many letters is found inside of a longer word too: nobody else is called <c>IntotesHelpdesk</c>.</summary>
    private const int Telling = 7;

    /// <summary>Nobody is kept from the chat for it: while Redis does not tell, no name of an operator is known.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>A name this short without its runs is compared letter by letter: <c>AAA</c> would be <c>A</c>, and <c>Staff</c> the given name <c>Staf</c>.</summary>
    private const int LongestExact = 4;

    private readonly HashSet<string> reserved = Looks(options.Value.Reserved, 1);
    private readonly HashSet<string> telling = Looks(options.Value.Reserved, Telling);
    private readonly int longest = Looks(options.Value.Reserved, 1).Select(name => name.Length).DefaultIfEmpty(0).Max();

    /// <summary>Whether a visitor may not be called this.</summary>
    public async Task<bool> CoverAsync(string? name, CancellationToken ct)
    {
        if (name is null)
        {
            return false;
        }

        var looks = new[] { LookAlikes.Words(name), LookAlikes.Words(name, withSigns: true) };
        return looks.Any(Names) || (options.Value.ReserveOperatorNames && await AreOfOperatorAsync(looks, ct));
    }

    private async Task<bool> AreOfOperatorAsync(IReadOnlyList<string>[] looks, CancellationToken ct)
    {
        IReadOnlyList<string> operators;
        try
        {
            operators = await roster.NamesAsync(ct).WaitAsync(Patience, time, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            return false;
        }

        var names = operators.Select(static name => string.Concat(LookAlikes.Words(name))).ToHashSet();
        return looks.Any(words => words.Count > 0 && names.Contains(string.Concat(words)));
    }

    /// <summary>Whether one or more words, written together, are a reserved name, or a word holds a telling one.</summary>
    private bool Names(IReadOnlyList<string> words) =>
        words.Any(word => WithoutRuns(word) is var look && telling.Any(name => look.Contains(name, StringComparison.Ordinal)))
        || Enumerable.Range(0, words.Count).Any(first => BeginWithName(words.Skip(first)));

    private bool BeginWithName(IEnumerable<string> words)
    {
        var text = "";
        foreach (var word in words)
        {
            text += word;
            if (reserved.Contains(WithoutRuns(text)))
            {
                return true;
            }

            if (LookAlikes.WithoutRuns(text).Length > longest)
            {
                return false;
            }
        }

        return false;
    }

    private static HashSet<string> Looks(IEnumerable<string> names, int least) =>
        [.. names.Select(static name => string.Concat(LookAlikes.Words(name))).Where(name => name.Length >= least).Select(WithoutRuns)];

    private static string WithoutRuns(string text) => LookAlikes.WithoutRuns(text) is { Length: > LongestExact } look ? look : text;
}
