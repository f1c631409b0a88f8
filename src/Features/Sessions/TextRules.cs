using FluentValidation;

namespace Intotes.Chat.Features.Sessions;

/// <summary>Rules for what visitors say about themselves.</summary>
public static class TextRules
{
    /// <summary>One line of text: no control characters, no broken surrogates, at most so many characters.</summary>
    public static IRuleBuilderOptions<T, string?> IsLine<T>(this IRuleBuilder<T, string?> rule, int most) => rule
        .MaximumLength(most).WithMessage($"Must have at most {most} characters.")
        .Must(text => text is null || !text.Any(char.IsControl)).WithMessage("Must not hold control characters.");

    /// <summary>A department that is configured.</summary>
    public static IRuleBuilderOptions<T, string?> IsDepartment<T>(this IRuleBuilder<T, string?> rule, ChatOptions options) => rule
        .Must(department => options.Department(department) is not null).WithMessage("There is no such department.");
}
