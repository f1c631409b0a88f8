using System.Text.RegularExpressions;
using FluentValidation;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

/// <summary>The rules of a canned reply.</summary>
public static partial class CannedReplyRules
{
    /// <summary>Whether the caller may change canned replies.</summary>
    public static bool MayChange(this ChatOptions options, Caller.Operator caller) => caller.IsSupervisor || options.CannedRepliesBy == "operators";

    public static IRuleBuilderOptions<T, string?> IsShortcut<T>(this IRuleBuilder<T, string?> rule) => rule
        .NotNull().Matches(@"^[a-z0-9-]{1,32}\z").WithMessage("Must be 1 to 32 of a-z, 0-9 and '-'.");

    public static IRuleBuilderOptions<T, string?> IsReplyText<T>(this IRuleBuilder<T, string?> rule) => rule
        .IsMessageText()
        .Must(text => text is null || Placeholder().Matches(text).All(m => m.Value is "{{visitor.name}}" or "{{operator.name}}"))
        .WithMessage("May hold no placeholders but {{visitor.name}} and {{operator.name}}.");

    [GeneratedRegex(@"\{\{.*?\}\}")]
    private static partial Regex Placeholder();
}
